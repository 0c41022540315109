"""The only way out: every HTTP connection that this software opens to elsewhere starts here. `crm-sync` section 10.

https to port 443 of a named host; no user name in the address, no redirect followed, no proxy or password taken from
the environment. Every address that the name resolves to must be public; then the connection resolves again, checks
again, and goes to exactly the address it checked, so that an answer that flips in between gains nothing. One call ends
after 15 seconds whatever the other side does.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import requests  # noqa: TID251 - this is the module
from django.conf import settings
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES, InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from clg.errors import FieldError, InvalidInput
from clg.failpoints import failpoint, register

register("delivery_connected", "delivery_body_sent")

CONNECT_SECONDS: Final = 5
TOTAL_SECONDS: Final = 15
READ_BYTES: Final = 64 * 1024
URL_MAX: Final = 500
_PIECE_BYTES: Final = 8 * 1024
_HANDED_OUT: Final = ipaddress.ip_network("2000::/3")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# Lower-case ASCII, a last label that begins with a letter: no form of an IP number gets through.
_TARGET: Final = re.compile(
    rf"https://(?=[^/?]{{4,253}}(?:[/?]|$))(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?(?::443)?(?:[/?][!-\[\]-~]*)?"
)
_LOOPBACK: Final = re.compile(r"http://127\.0\.0\.1(?::[0-9]{1,5})?(?:[/?][!-\[\]-~]*)?")


class UrlNotAllowed(InvalidInput):
    """The address is not one that we call: https on port 443 of a public host, nothing else."""

    code = "url_not_allowed"


class NoAnswer(Exception):
    """The call got no answer; `code` says why in a word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the first 64 kB, what `Retry-After` said, and how long it took."""

    status: int
    body: bytes
    retry_after: str
    milliseconds: int


def check_target(url: str) -> None:
    """Look at the form of an address and at every IP that its host has now. Raises `UrlNotAllowed`."""
    if settings.CLG_ALLOW_LOOPBACK_TARGETS and _LOOPBACK.fullmatch(url):
        return
    if len(url) > URL_MAX or "#" in url or not _TARGET.fullmatch(url):
        raise _refusal("Send an https address on port 443 with the name of a host, in lower-case ASCII.")
    host = urlsplit(url).hostname or ""
    if not all(_is_public(address) for address in _addresses_of(host)):
        raise _refusal("The host has an address that is not public.")


def _refusal(detail: str) -> UrlNotAllowed:
    return UrlNotAllowed(detail, errors=[FieldError("url_not_allowed", detail, "/url")])


def _addresses_of(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _refusal("The host is not known.") from error
    return [str(entry[4][0]) for entry in found]


def _is_public(text: str) -> bool:
    """Global, and of IPv6 only what is handed out: no tunnel, no form of IPv4 in IPv6."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    # Where the interpreter's tables are old, the library's are newer.
    is_special = any(address in network for network in EXTRA_BLOCKED_NET_RANGES)
    return not is_special and (address.version == 4 or address in _HANDED_OUT)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a body and read the answer. Raises `UrlNotAllowed`, or `NoAnswer` when there is none."""
    check_target(url)
    started = time.monotonic()
    line = _Line()
    with _session(line) as session:
        try:
            return _sent(session, line, requests.Request("POST", url, data=body, headers=dict(headers)), started)
        except InvalidIPAddress as error:
            raise _refusal("The host has an address that is not public.") from error
        except (requests.RequestException, OSError, ValueError) as error:
            raise NoAnswer(_why(error, started)) from error


def _sent(session: requests.Session, line: _Line, request: requests.Request, started: float) -> Answer:
    watch = threading.Timer(TOTAL_SECONDS, line.hang_up)
    watch.daemon = True
    watch.start()
    try:
        answer = session.send(session.prepare_request(request), stream=True, proxies=session.proxies)
        with answer:
            body = _first_bytes(answer)
    finally:
        watch.cancel()
    milliseconds = round((time.monotonic() - started) * 1000)
    return Answer(answer.status_code, body, answer.headers.get("Retry-After", ""), milliseconds)


def _first_bytes(answer: requests.Response) -> bytes:
    """At most 64 kB as they came: nothing is decompressed. The status counts even when the body breaks off."""
    found = b""
    try:
        while len(found) < READ_BYTES and (piece := answer.raw.read(_PIECE_BYTES, decode_content=False)):
            found += piece
    except (requests.RequestException, HTTPError, OSError, ValueError):
        return found
    return found[:READ_BYTES]


def _why(error: Exception, started: float) -> str:
    if isinstance(error, requests.Timeout) or time.monotonic() - started >= TOTAL_SECONDS:
        return "timeout"
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    return "no_connection" if isinstance(error, requests.ConnectionError) else "bad_answer"


def _session(line: _Line) -> HTTPSession:
    """A session of one call: nothing of it, cookies included, outlives the call."""
    session = HTTPSession(
        Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=settings.CLG_ALLOW_LOOPBACK_TARGETS,
            never_redirect=True,
            default_timeout=(CONNECT_SECONDS, TOTAL_SECONDS),
            user_agent_override="CLG-Webhooks/1",
        )
    )
    session.trust_env = False
    session.proxies = {"https": settings.CLG_EGRESS_PROXY} if settings.CLG_EGRESS_PROXY else {}
    for scheme in ("https", "http"):
        session.mount(f"{scheme}://", _Adapter(line, scheme == "https", settings.CLG_ALLOW_LOOPBACK_TARGETS))
    return session


# --- One call ends after 15 seconds: timeouts of a socket begin anew with every byte ------------------------------
class _Line:
    """The sockets of one call."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []

    def hang_up(self) -> None:
        for each in self.sockets:
            # One that is closed already has nothing more to say.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _Adapter(IPFilterAdapter):
    """The library's filter and our own upon the address it chose, with connections that note their sockets."""

    def __init__(self, line: _Line, is_https: bool, allows_loopback: bool) -> None:
        self._line = line
        super().__init__(is_https, allow_loopback=allows_loopback)

    def build_connection_pool_key_attributes(self, *args: Any, **options: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **options)
        chosen = host["host"].strip("[]")
        if not (self._allow_loopback and ipaddress.ip_address(chosen).is_loopback) and not _is_public(chosen):
            raise InvalidIPAddress(chosen)
        return host, pool

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _noting(HTTPConnectionPool, HTTPConnection, self._line),
            "https": _noting(HTTPSConnectionPool, HTTPSConnection, self._line),
        }


def _noting(pool: type[Any], connection: type[Any], line: _Line) -> type[Any]:
    """A pool whose connections note their sockets in `line`, and pass our failpoints."""

    class Noting(connection):
        def connect(self) -> None:
            super().connect()
            line.sockets.append(self.sock)
            failpoint("delivery_connected")

        def getresponse(self, *args: Any, **options: Any) -> Any:
            failpoint("delivery_body_sent")
            return super().getresponse(*args, **options)

    return type(pool.__name__, (pool,), {"ConnectionCls": Noting})
