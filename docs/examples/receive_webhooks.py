"""Receive webhooks: check each signature, keep each event once, answer at once; no kill loses what was answered.

    WEBHOOK_SECRET=whsec_... python3 receive_webhooks.py 9100 heard.ndjson

Needs `pip install standardwebhooks`. It speaks http on loopback: in production your own https server stands before it.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

PORT, FILE, SECRET = int(sys.argv[1]), sys.argv[2], os.environ["WEBHOOK_SECRET"]
LARGEST = 20_000  # bytes: we send no more


def ids_heard():
    """The ids in the file; a line that a kill cut off was never answered, so it comes again."""
    heard = set()
    if os.path.exists(FILE):
        with open(FILE, "rb+") as file:
            file.truncate(file.read().rfind(b"\n") + 1)
            file.seek(0)
            heard = {json.loads(line)["id"] for line in file}
    return heard


def keep(key, told):
    """On the disk before the answer goes: what is answered with a 2xx is not sent again."""
    with open(FILE, "a") as file:
        file.write(json.dumps({"id": key, **told}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    heard.add(key)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        self.answer(413 if length > LARGEST else self.take(self.rfile.read(length)))

    def take(self, body):
        """The status of the answer. The bytes are checked as they came, before anything in them is believed."""
        try:
            told = Webhook(SECRET).verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            return 401
        if self.headers["webhook-id"] not in heard:  # the same event may come twice, and not in order
            keep(self.headers["webhook-id"], told)  # work on it elsewhere: an answer is due within 15 seconds
        return 204

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *words):
        pass


heard = ids_heard()
HTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
