"""Who hears the demo's webhooks: three made-up tools on this machine, so that nothing leaves it.

One takes every call, one is busy whenever an event comes, one was taken down and says so. All answer a ping.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

# Beside the pages' ports; part of the endpoints' addresses, so it stays the same from start to start.
PORT: Final = 8797
WELL: Final = "/well"
BUSY: Final = "/busy"
GONE: Final = "/gone"
_ANSWERS: Final[Mapping[str, tuple[int, str, Mapping[str, str]]]] = {
    WELL: (200, "Stored. (A made-up tool of the demo.)", {}),
    BUSY: (503, "Busy, try later. (A made-up tool of the demo that is always busy.)", {"Retry-After": "120"}),
    GONE: (410, "Taken down. (A made-up tool of the demo.)", {}),
}
_LARGEST: Final = 64 * 1024


def address(path: str) -> str:
    return f"http://127.0.0.1:{PORT}{path}"


@contextmanager
def receiving(say: Callable[[str], None], port: int = PORT) -> Iterator[int]:
    """Answer until the end of the block, on a port that is given back; where it is taken, say what will be seen."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _Tool)
    except OSError:
        say(f"Port {port} is taken, so the demo's webhooks go to whoever listens there, or fail.")
        yield port
        return
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class _Tool(BaseHTTPRequestHandler):
    """It keeps nothing and checks nothing: `docs/examples/receive_webhooks.py` shows how that is done."""

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LARGEST))
        known = _ANSWERS.get(self.path, (404, "", {}))
        status, words, headers = _ANSWERS[WELL] if _is_ping(body) and self.path in _ANSWERS else known
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(words))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it: each call stands on the page of its delivery."""


def _is_ping(body: bytes) -> bool:
    try:
        told = json.loads(body)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("type") == "webhook.ping"
