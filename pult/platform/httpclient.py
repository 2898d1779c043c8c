"""HTTP to the outside, never to the inside: every address is resolved once, checked, and then connected to as checked.

A name that answers with a public address now and with an inner one a moment later (DNS rebinding) gains nothing,
nor does a redirect: each hop is a new request with new checks. Errors say whether another try can help.
"""

from __future__ import annotations

import email.utils
import ipaddress
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import httpcore2
import httpx2
from django.conf import settings

MAX_REDIRECTS = 5
MAX_BYTES = 5 << 20
_RETRY = frozenset({408, 421, 425, 429, 500, 502, 503, 504, 507})
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]


class HttpError(Exception):
    """The request did not succeed. `status` and `body` are set when there was an answer."""

    def __init__(self, reason: str, *, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(reason)
        self.status = status
        self.body = body


class Temporary(HttpError):
    """Another try can help; `after` says in how many seconds, where the other side said so."""

    after: float | None = None


class Permanent(HttpError):
    """Another try cannot help."""


class Refused(Permanent):
    """The address is one that Pult does not talk to."""


class Inner(Refused):
    """The host is at an address that is not on the open internet, and that nobody has allowed."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is at {address}, which is not on the open internet")
        self.host = host
        self.address = address


class Response(NamedTuple):
    """A complete answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, Teredo, NAT64), else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def is_public(address: Address) -> bool:
    """Say whether an address belongs to the open internet."""
    real = embedded(address)
    inner = real.is_private or real.is_loopback or real.is_link_local or real.is_multicast
    if isinstance(real, ipaddress.IPv6Address) and real.is_site_local:
        return False
    return real.is_global and not inner and not real.is_reserved and not real.is_unspecified


def check(host: str, addresses: Iterable[str], *, port: int = 0, allow_private: bool = False) -> list[str]:
    """Return the addresses of a host if all of them may be talked to, at this port. Raises Refused."""
    name = host.lower().rstrip(".")
    names = {name, f"[{name}]:{port}" if ":" in name else f"{name}:{port}"}
    listed = not names.isdisjoint(allowed.lower() for allowed in settings.HTTP_ALLOW_HOSTS)
    networks = [ipaddress.ip_network(text) for text in settings.HTTP_ALLOW_NETWORKS]
    good = list(addresses)
    for text in good:
        address = embedded(ipaddress.ip_address(text.partition("%")[0]))
        if allow_private or listed or is_public(address) or any(address in network for network in networks):
            continue
        raise Inner(host, text)
    if not good:
        raise Temporary(f"{host} has no address")
    return good


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens connections, to checked addresses only. TLS still names and verifies the host."""

    def __init__(self, *, allow_private: bool, resolve: Resolve) -> None:
        self.allow_private = allow_private
        self.resolve = resolve
        self.plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Resolve once, check, and connect to what was checked."""
        try:
            found = self.resolve(host, port)
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} cannot be resolved: {error}") from error
        addresses = check(host, found, port=port, allow_private=self.allow_private)
        for number, address in enumerate(addresses, 1):
            try:
                return self.plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpcore2.ConnectError(f"{host} has no address")


class GuardedTransport(httpx2.HTTPTransport):
    """httpx2's transport with guarded connections. Proxies of the environment are not used: they would resolve."""

    def __init__(self, *, allow_private: bool, resolve: Resolve, verify: Any = True) -> None:
        super().__init__(verify=verify, trust_env=False)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(verify=verify, trust_env=False),
            max_connections=50,
            max_keepalive_connections=10,
            keepalive_expiry=15,
            network_backend=GuardedBackend(allow_private=allow_private, resolve=resolve),
        )


@cache
def _client(allow_private: bool) -> httpx2.Client:
    return make_client(allow_private=allow_private)


def close_clients() -> None:
    """Close the connections that were kept for the next request."""
    for allow_private in (False, True):
        _client(allow_private).close()
    _client.cache_clear()


def make_client(*, allow_private: bool = False, resolve: Resolve = system_resolve, verify: Any = True) -> httpx2.Client:
    """Make a client of its own, for instance with another resolver or other certificates."""
    transport = GuardedTransport(allow_private=allow_private, resolve=resolve, verify=verify)
    return httpx2.Client(transport=transport, follow_redirects=False, trust_env=False, cookies=None)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    json: object = None,
    timeout: float = 10.0,
    total: float | None = None,
    allow_private: bool = False,
    max_bytes: int = MAX_BYTES,
    redirects: int = MAX_REDIRECTS,
    client: httpx2.Client | None = None,
) -> Response:
    """Make a request, follow up to `redirects` redirects, and return the answer of a 2xx status.

    `timeout` (seconds) is for connecting and for each read; the whole takes at most three times as long, or `total`.
    Raises Temporary or Permanent; Refused for an inner address, unless `allow_private` or the settings
    HTTP_ALLOW_HOSTS and HTTP_ALLOW_NETWORKS let it through.
    """
    sender = client or _client(allow_private)
    deadline = time.monotonic() + (3 * timeout if total is None else total)
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    sent.setdefault("user-agent", "Pult")
    body = content
    if json is not None:
        body = httpx2.Request("POST", "http://localhost", json=json).read()
        sent.setdefault("content-type", "application/json")
    target = checked_url(url)
    for hops_left in range(redirects, -1, -1):
        prepared = sender.build_request(method, target, headers=sent, content=body, timeout=timeout)
        answer = _send(sender, prepared, deadline, max_bytes)
        location = answer.headers.get("location")
        if answer.status not in {301, 302, 303, 307, 308} or location is None:
            return _judge(answer)
        if not hops_left:
            break
        old, target = target, checked_url(str(target.join(location)))
        if (old.scheme, old.host, old.port) != (target.scheme, target.host, target.port):
            sent = {name: value for name, value in sent.items() if name not in _SECRET_HEADERS}
        if answer.status == 303 or (answer.status in {301, 302} and method == "POST"):
            method, body = "GET", None
            sent.pop("content-type", None)
    raise Permanent(f"{url} redirects more than {redirects} times", status=answer.status)


def checked_url(url: str) -> httpx2.URL:
    """Return an http or https address, parsed. Raises Permanent, Refused."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise Permanent(f"not an address: {error}") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Refused(f"{url} is not an http address")
    return parsed


def outer_url(url: str, *, resolve: Resolve = system_resolve) -> None:
    """Refuse an address that would not be talked to anyhow, so that who enters it is told at once.

    A name that cannot be resolved now passes: it is looked at again with every request. Raises Permanent, Refused.
    """
    parsed = checked_url(url)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    try:
        found = resolve(parsed.host, port)
    except OSError:
        return
    check(parsed.host, found, port=port)


def _send(sender: httpx2.Client, prepared: httpx2.Request, deadline: float, max_bytes: int) -> Response:
    try:
        answer = sender.send(prepared, stream=True)
        try:
            body = _read(answer, deadline, max_bytes)
        finally:
            answer.close()
    except httpx2.TimeoutException as error:
        raise Temporary(f"{prepared.url.host} took too long") from error
    except httpx2.TransportError as error:
        raise Temporary(f"{prepared.url.host}: {error}") from error
    except httpx2.HTTPError as error:
        raise Permanent(f"{prepared.url.host}: {error}") from error
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status_code, headers, body, str(prepared.url))


def _read(answer: httpx2.Response, deadline: float, max_bytes: int) -> bytes:
    chunks, size = [], 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > max_bytes:
            raise Permanent(f"the answer is larger than {max_bytes} bytes", status=answer.status_code)
        if time.monotonic() > deadline:
            raise Temporary(f"{answer.url.host} took too long to finish its answer")
        chunks.append(chunk)
    return b"".join(chunks)


def _judge(answer: Response) -> Response:
    if answer.status < 300:
        return answer
    reason = f"{httpx2.URL(answer.url).host} answered {answer.status}"
    if answer.status in _RETRY or answer.status >= 500:
        error = Temporary(reason, status=answer.status, body=answer.body)
        error.after = _retry_after(answer.headers.get("retry-after", ""))
        raise error
    raise Permanent(reason, status=answer.status, body=answer.body)


def _retry_after(value: str) -> float | None:
    """Return the seconds that a Retry-After header (RFC 9110, 10.2.3) asks for."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
