"""Requests to real local servers, and to names that a resolver of our own gives addresses to."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpcore2
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from pult.platform import httpclient
from pult.platform.httpclient import Permanent, Refused, Temporary, is_public, request


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, dict[str, str], bytes]] = []

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.command, self.path, headers, body))
        what, _, rest = self.path.strip("/").partition("/")
        getattr(self, f"_{what}")(rest)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _ok(self, rest: str) -> None:
        self._answer(200, b"fine")

    def _status(self, rest: str) -> None:
        self._answer(int(rest), b"why", retry_after="7")

    def _to(self, rest: str) -> None:
        status, _, target = rest.partition("/")
        self._answer(int(status), location=target if "://" in target else f"/{target}")

    def _loop(self, rest: str) -> None:
        self._answer(302, location="/loop")

    def _slow(self, rest: str) -> None:
        time.sleep(1)
        self._answer(200)

    def _drip(self, rest: str) -> None:
        self.send_response(200)
        self.send_header("content-length", "1000")
        self.end_headers()
        for _ in range(20):
            time.sleep(0.1)
            try:
                self.wfile.write(b"x")
            except OSError:
                break
        self.close_connection = True

    def _large(self, rest: str) -> None:
        self._answer(200, b"x" * 100_000)


def serve(context: ssl.SSLContext | None = None) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    Handler.seen.clear()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server() -> Iterator[str]:
    yield from serve()


@pytest.fixture
def port(server: str) -> int:
    return int(server.rpartition(":")[2])


@pytest.fixture(autouse=True)
def _no_open_connections() -> Iterator[None]:
    yield
    httpclient.close_clients()


Client = Callable[..., httpx2.Client]


@pytest.fixture
def client() -> Iterator[Client]:
    """Clients whose resolver gives each of the answers in turn, and the last one for ever."""
    made: list[httpx2.Client] = []

    def make(*answers: list[str], verify: object = True) -> httpx2.Client:
        left = list(answers)

        def resolve(host: str, port: int) -> list[str]:
            return left.pop(0) if len(left) > 1 else left[0]

        made.append(httpclient.make_client(resolve=resolve, verify=verify))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_an_answer_comes_back_whole(server: str) -> None:
    answer = request("POST", f"http://{server}/ok", json={"a": "č"}, headers={"X-A": "b"}, allow_private=True)
    assert (answer.status, answer.body) == (200, b"fine")
    method, path, headers, body = Handler.seen[0]
    assert (method, path, body) == ("POST", "/ok", '{"a":"č"}'.encode())
    assert headers["content-type"] == "application/json"
    assert headers["x-a"] == "b"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0"]
)
def test_inner_addresses_are_refused_before_a_byte_is_sent(host: str, port: int) -> None:
    with pytest.raises(Permanent):
        request("GET", f"http://{host}:{port}/ok")
    assert Handler.seen == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://a/", "http://", "//a/b", "http://[1::", "ftp://a/"])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(Permanent):
        request("GET", url)


def test_an_allowed_host_or_network_is_let_through(port: int, settings: Settings, client: Client) -> None:
    settings.HTTP_ALLOW_HOSTS = ["shop.internal"]
    inner = client(["127.0.0.1"])
    assert request("GET", f"http://shop.internal:{port}/ok", client=inner).status == 200
    with pytest.raises(Refused):
        request("GET", f"http://other.internal:{port}/ok", client=inner)
    settings.HTTP_ALLOW_NETWORKS = ["127.0.0.0/8"]
    assert request("GET", f"http://other.internal:{port}/ok", client=client(["::ffff:127.0.0.1"])).status == 200


def test_a_name_that_changes_its_address_gains_nothing(
    port: int, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    """The first answer is public and is what is connected to; the second, an inner one, is never asked for."""
    tried: list[tuple[str, int]] = []

    def connect(self: object, host: str, port: int, *rest: object) -> None:
        tried.append((host, port))
        raise httpcore2.ConnectError("nobody there")

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect)
    rebinding = client(["93.184.216.34"], ["127.0.0.1"])
    with pytest.raises(Temporary):
        request("GET", f"http://rebind.example:{port}/ok", client=rebinding)
    assert tried == [("93.184.216.34", port)]
    with pytest.raises(Refused):
        request("GET", f"http://rebind.example:{port}/ok", client=rebinding)
    assert tried == [("93.184.216.34", port)]
    assert Handler.seen == []


def test_one_inner_address_among_public_ones_is_enough_to_refuse(port: int, client: Client) -> None:
    with pytest.raises(Refused):
        request("GET", f"http://mixed.example:{port}/ok", client=client(["93.184.216.34", "10.0.0.1"]))


def test_redirects_are_followed_and_checked_again(port: int, settings: Settings, client: Client) -> None:
    settings.HTTP_ALLOW_HOSTS = ["shop.internal"]
    inner = client(["127.0.0.1"])
    base = f"http://shop.internal:{port}"
    assert request("GET", f"{base}/to/302/ok", client=inner).url == f"{base}/ok"
    with pytest.raises(Refused):
        request("GET", f"{base}/to/302/http://127.0.0.1:{port}/ok", client=inner)
    with pytest.raises(Refused):
        request("GET", f"{base}/to/302/file:///etc/passwd", client=inner)
    with pytest.raises(Permanent, match="more than 5 times"):
        request("GET", f"{base}/loop", client=inner)


def test_a_redirect_keeps_or_changes_the_method_and_drops_secrets(
    port: int, settings: Settings, client: Client
) -> None:
    settings.HTTP_ALLOW_HOSTS = ["a.internal", "b.internal"]
    inner = client(["127.0.0.1"])
    headers = {"Authorization": "Bearer secret", "X-Kept": "yes"}
    other = f"http://b.internal:{port}/ok"
    for status, method, body in ((307, "POST", b"body"), (303, "GET", b"")):
        Handler.seen.clear()
        url = f"http://a.internal:{port}/to/{status}/{other}"
        request("POST", url, headers=headers, content=b"body", client=inner)
        got_method, _, got, got_body = Handler.seen[1]
        assert (got_method, got_body) == (method, body)
        assert "authorization" not in got
        assert got["x-kept"] == "yes"


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Permanent), (404, Permanent), (410, Permanent), (429, Temporary), (503, Temporary)]
)
def test_statuses_say_whether_to_try_again(server: str, status: int, kind: type[httpclient.HttpError]) -> None:
    with pytest.raises(kind) as caught:
        request("GET", f"http://{server}/status/{status}", allow_private=True)
    assert (caught.value.status, caught.value.body) == (status, b"why")
    if isinstance(caught.value, Temporary):
        assert caught.value.after == 7


def test_slow_and_dripping_servers_are_left(server: str) -> None:
    for path in ("slow", "drip"):
        began = time.monotonic()
        with pytest.raises(Temporary, match="too long"):
            request("GET", f"http://{server}/{path}", timeout=0.2, allow_private=True)
        assert time.monotonic() - began < 0.95


def test_a_large_answer_is_cut_off(server: str) -> None:
    with pytest.raises(Permanent, match="larger"):
        request("GET", f"http://{server}/large", max_bytes=50_000, allow_private=True)


def test_nobody_listening_is_temporary() -> None:
    with pytest.raises(Temporary):
        request("GET", "http://127.0.0.1:9/", allow_private=True)


def test_tls_names_and_verifies_the_host_though_the_address_is_pinned(
    tmp_path: Path, settings: Settings, client: Client
) -> None:
    settings.HTTP_ALLOW_NETWORKS = ["127.0.0.0/8"]
    certificate = make_certificate("good.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    trust = ssl.create_default_context(cafile=str(certificate))
    running = serve(context)
    port = int(next(running).rpartition(":")[2])
    answer = request("GET", f"https://good.example:{port}/ok", client=client(["127.0.0.1"], verify=trust))
    assert answer.status == 200
    assert names == ["good.example"]
    assert Handler.seen[0][2]["host"] == f"good.example:{port}"
    with pytest.raises(Temporary):
        request("GET", f"https://bad.example:{port}/ok", client=client(["127.0.0.1"], verify=trust))
    assert next(running, None) is None


def make_certificate(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@given(st.ip_addresses(v=4))
def test_an_inner_ipv4_address_stays_inner_in_every_ipv6_dress(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    dresses = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    for dress in dresses:
        assert is_public(dress) == is_public(address)


@pytest.mark.parametrize(
    "text",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "0.0.0.0", "::", "::1", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        "::7f00:1",
    ],
)
def test_known_inner_addresses_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"])
def test_the_open_internet_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))
