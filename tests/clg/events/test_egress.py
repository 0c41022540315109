"""The way out: addresses that lead inside are refused, at registration and at each call, without a connection."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from clg.actions.webhook import create_endpoint
from clg.events import egress
from clg.models import WebhookEndpoint

PUBLIC = "93.184.215.14"
# Hosts and what they resolve to: every special range of IPv4 and IPv6, and ways to write them inside IPv6.
RANGES = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.1.2.3",
    "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170",
    "192.0.2.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1",
    "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::1", "2002:c0a8:101::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff01::1", "ff02::1", "ff0e::1",
]  # fmt: skip
# Written straight into the address.
FORMS = [
    "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
    "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1.:443/", "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://192.168.1.1/", "https://0/", "https://0.0.0.0/",
    "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fe80::1%25eth0]/", "https://[fd00::1]/",
    "https://localhost/", "https://localhost:443/", "https://LOCALHOST/", "https://hooks.example.com./",
    "https://user@hooks.example.com/", "https://user:pass@hooks.example.com/", "https://hooks.example.com@127.0.0.1/",
    "https://127.0.0.1@hooks.example.com/", "https://hooks.example.com:80/", "https://hooks.example.com:8443/",
    "https://hooks.example.com:0443/", "https://hooks.example.com:22/", "https://hooks.example.com:/",
    "https://hooks.example.com:443443/", "http://hooks.example.com/", "http://127.0.0.1:8000/", "ftp://hooks.example.com/",
    "file:///etc/passwd", "gopher://hooks.example.com/", "data:text/plain,x", "javascript:alert(1)",
    "//hooks.example.com/", "hooks.example.com", "https:hooks.example.com", "https:/hooks.example.com/",
    "https:///hooks.example.com/", "https://", "https://?x", "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com\\.127.0.0.1/", "https://hooks.example.com#@127.0.0.1/", "https://hooks.example.com/#x",
    "https://hooks.example.com%2f@127.0.0.1/", "https://hooks.example.com%00.127.0.0.1/",
    "https://hooks.example.com/\r\nHost: 127.0.0.1", "https://hooks.example.com/\tx", "https://hooks.example.com/ x",
    " https://hooks.example.com/", "https://hooks.example.com/\x00", "https://exämple.com/", "https://ⓛocalhost.com/",
    "https://127。0。0。1/", "https://hooks。example.com/", "https://１２７.0.0.1/", "https://hooks_x.example.com/",
    "https://-hooks.example.com/", "https://hooks-.example.com/", "https://hooks..example.com/", "https://.example.com/",
    "https://example.1/", "https://example.0x1/", "HTTPS://hooks.example.com/", "https://" + "a" * 64 + ".example.com/",
    "https://hooks.example.com/" + "x" * 500, "https://" + "a." * 130 + "com/", "https://[hooks.example.com]/",
    "https://hooks.example.com,127.0.0.1/", "https://hooks.example.com;127.0.0.1/", "https://127.0.0.1:443/", "",
]  # fmt: skip
GOOD = ["https://hooks.example.com", "https://hooks.example.com:443/a/b?c=d&e=%20", "https://xn--exmple-cua.com/x"]


@pytest.fixture(autouse=True)
def strict(settings):
    settings.CLG_ALLOW_LOOPBACK_TARGETS = False


@pytest.fixture
def names(monkeypatch):
    """Every host has the addresses that are put here."""
    found = [PUBLIC]

    def resolve(host, port, *args, **options):
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return found


@pytest.fixture
def connections(monkeypatch):
    """Whatever a socket is told to connect to; nothing goes out."""
    tried = []

    def connect(self, address):
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def refused_both_ways(url):
    with pytest.raises(egress.UrlNotAllowed) as refusal:
        create_endpoint(owner="client:1", url=url, event_types=["account.*"], by="client:1")
    assert (refusal.value.code, refusal.value.errors[0].pointer) == ("url_not_allowed", "/url")
    with pytest.raises(egress.UrlNotAllowed):
        egress.post(url, b"{}", {})


@pytest.mark.django_db
def test_corpus_of_forms_is_refused_at_registration_and_at_the_call(names, django_assert_num_queries):
    tried = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", lambda self, address: tried.append(address))
        for url in FORMS:
            with pytest.raises(egress.UrlNotAllowed):
                egress.post(url, b"{}", {})
    for url in FORMS:
        refused_both_ways(url)

    assert tried == []
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("address", RANGES)
def test_name_of_a_special_address_is_refused(names, address):
    names[:] = [address]

    refused_both_ways("https://hooks.example.com/")

    assert not WebhookEndpoint.objects.exists()


@pytest.mark.django_db
def test_one_private_address_among_public_ones_refuses(names):
    names[:] = [PUBLIC, "10.0.0.1"]

    refused_both_ways("https://hooks.example.com/")


def test_corpus_is_large_enough():
    assert len(set(FORMS)) + len(set(RANGES)) >= 120


@pytest.mark.parametrize("url", GOOD)
def test_good_address_is_called_at_the_address_that_was_checked(names, connections, url):
    egress.check_target(url)
    with pytest.raises(egress.NoAnswer):
        egress.post(url, b"{}", {})

    assert connections == [(PUBLIC, 443)]


@pytest.mark.parametrize(
    "inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "64:ff9b::7f00:1", "fec0::1"]
)
def test_answer_that_flips_between_check_and_connection_gains_nothing(monkeypatch, connections, inside):
    answers = [PUBLIC, inside]

    def resolve(host, port, *args, **options):
        one = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET6 if ":" in one else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (one, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(egress.UrlNotAllowed):
        egress.post("https://hooks.example.com/", b"{}", {})

    assert connections == []


def test_unknown_host_is_refused(monkeypatch):
    def resolve(*args, **options):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(egress.UrlNotAllowed):
        egress.check_target("https://hooks.example.com/")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"])
def test_proxies_of_the_environment_count_for_nothing(names, connections, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:3128")

    with pytest.raises(egress.NoAnswer):
        egress.post("https://hooks.example.com/", b"{}", {})

    assert connections == [(PUBLIC, 443)]


def test_call_ends_in_time_however_slowly_the_answer_drips(settings, monkeypatch):
    settings.CLG_ALLOW_LOOPBACK_TARGETS = True
    monkeypatch.setattr(egress, "TOTAL_SECONDS", 1)
    ended, door = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def drip():
        line, _ = door.accept()
        with line:
            try:
                while not ended.wait(0.05):
                    line.sendall(b"H")
            except OSError:
                pass

    dripping = threading.Thread(target=drip)
    dripping.start()
    started = time.monotonic()
    with pytest.raises(egress.NoAnswer) as refusal:
        egress.post(f"http://127.0.0.1:{door.getsockname()[1]}/", b"{}", {})
    took = time.monotonic() - started
    ended.set()
    dripping.join()
    door.close()

    assert refusal.value.code == "timeout"
    assert took < 10
