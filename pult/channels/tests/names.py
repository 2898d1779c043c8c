"""A name server on this machine that knows what a test tells it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


class Names:
    """Records by name and kind. `silent` names get no answer at all, `broken` ones an error; `asked` is what was."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.silent: set[str] = set()
        self.broken: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.deaf = False

    def txt(self, name: str, *texts: str) -> None:
        """Give a name texts, each cut into strings as long as a string may be."""
        pieces = ([text[i : i + 250] for i in range(0, len(text), 250)] for text in texts)
        self.records[name, "TXT"] = [" ".join(f'"{piece}"' for piece in one) for one in pieces]

    def add(self, name: str, kind: str, *values: str) -> None:
        """Give a name records of a kind."""
        self.records[name, kind] = list(values)

    def answer(self, wire: bytes) -> bytes | None:
        """Return the answer to a question, None to keep silent."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text().rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if self.deaf or name in self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif found := self.records.get((name, kind)):
            response.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *found))
        elif name and not any(known == name for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


@contextmanager
def serving(names: Names) -> Iterator[dns.resolver.Resolver]:
    """Serve until the end of the block; yields a resolver that asks here and nowhere else."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def run() -> None:
        while True:
            wire, peer = server.recvfrom(4096)
            if wire == b"end":
                return
            if (answer := names.answer(wire)) is not None:
                server.sendto(answer, peer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
    try:
        yield resolver
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"end", server.getsockname())
        thread.join(5)
        server.close()
