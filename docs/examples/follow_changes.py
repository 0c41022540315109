"""Keep a copy of accounts, opportunities and credit in a file: first load, follow the feed, survive any restart.

    CLG=https://clg.example CLIENT_ID=... CLIENT_SECRET=... python3 follow_changes.py copy.json [--once]

Scopes: accounts:read opportunities:read attribution:read changes:read. Nothing but Python's standard library.
"""

import base64
import json
import os
import sys
import time
import urllib.parse
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CLG, FILE, ONCE = os.environ["CLG"], sys.argv[1], "--once" in sys.argv
LISTS = {"account": "accounts", "opportunity": "opportunities", "attribution": "attributions"}
token = ""


def get(path, **query):
    """One answer; a new token when there is none or it has ended, patience when the server asks for it."""
    global token
    while True:
        try:
            url = f"{CLG}/api/v1/{path}?{urllib.parse.urlencode(query)}"
            return json.load(urlopen(Request(url, headers={"Authorization": f"Bearer {token}"})))
        except HTTPError as error:
            if error.code == 401:
                pair = base64.b64encode("{CLIENT_ID}:{CLIENT_SECRET}".format(**os.environ).encode()).decode()
                form, head = b"grant_type=client_credentials", {"Authorization": f"Basic {pair}"}
                token = json.load(urlopen(Request(f"{CLG}/oauth/token", form, head)))["access_token"]
            elif error.code in (429, 503):
                time.sleep(int(error.headers["Retry-After"]))
            else:
                raise


def read_list(kind):
    """Every row of one list by its id; incomplete ones too, where there are any."""
    rows, query = {}, {"limit": 200} | ({} if kind == "attribution" else {"complete": "true,false"})
    while query:
        page = get(LISTS[kind], **query)
        rows |= {row["id"]: row for row in page["data"]}
        query = page["next_cursor"] and query | {"cursor": page["next_cursor"]}
    return rows


def take(change, rows):
    """An entry says what to read again; doing so twice does no harm."""
    kind, happened = change["object"]["type"], change["type"]
    if happened.endswith(".resync_required"):
        rows[happened.split(".")[0]] = read_list(happened.split(".")[0])
    elif kind in LISTS:
        key = change["object"]["id"]
        if happened.endswith(".merged"):  # the ids of the rows that went into it are names of the winner now
            names = change["refs"][kind]["external_ids"]
            rows[kind] = {name: row for name, row in rows[kind].items() if row["external_id"] not in names}
        try:
            rows[kind][key] = get(f"{LISTS[kind]}/{key}")
        except HTTPError as error:
            if error.code != 404:
                raise
            rows[kind].pop(key, None)


def save(copy):
    """Rows and cursor in one step: after a kill the file holds this pair or the one before."""
    with open(FILE + ".new", "w") as file:
        json.dump(copy, file)
    os.replace(FILE + ".new", FILE)


more = True
while more or not ONCE:
    try:
        if not os.path.exists(FILE):  # first load: the cursor, then the lists; what happens meanwhile is heard again
            cursor = get("changes", **{"from": "now"})["next_cursor"]
            save({"cursor": cursor, "rows": {kind: read_list(kind) for kind in LISTS}})
        with open(FILE) as file:
            copy = json.load(file)
        # A copy of everything wants what its own source wrote too; a sync that writes leaves exclude_own alone.
        page = get("changes", cursor=copy["cursor"], types=",".join(LISTS), limit=500, exclude_own="false")
        for change in page["data"]:
            take(change, copy["rows"])
        save({"cursor": page["next_cursor"], "rows": copy["rows"]})
        more = page["has_more"]
        if not more and not ONCE:
            time.sleep(5)
    except HTTPError as error:
        if error.code != 410:
            raise
        os.remove(FILE)  # too far behind, or the server was restored: start again
