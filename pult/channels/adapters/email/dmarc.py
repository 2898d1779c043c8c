"""What a domain says of mail in its name: DMARC with the walk up the tree of names instead of a list of public
suffixes (RFC 9989, 4.10)."""

from __future__ import annotations

import dataclasses

from pult.channels.adapters.email.lookups import Ask

MOST_QUESTIONS = 8
_POLICIES = frozenset({"none", "quarantine", "reject"})


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """A domain's record: `policy` for itself, `below` for what stands under it; `strict_*`: only the very domain is
    aligned; `psd` says whether it is a public suffix (y), the head of an organisation (n), or leaves it open (u)."""

    domain: str
    policy: str
    below: str
    strict_dkim: bool
    strict_spf: bool
    psd: str


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """What holds for mail of a domain."""

    policy: str
    organisation: str
    strict_dkim: bool
    strict_spf: bool


def policy_of(ask: Ask, domain: str) -> Policy | None:
    """Return what holds for a domain in ASCII, None where it has published nothing. Raises lookups.Temporary."""
    records = _walk(ask, domain)
    head = _organisation(records, domain)
    own = next((record for record in records if record.domain == domain), None)
    # A record of a public suffix holds for those below that have none.
    found = own or next((r for r in records if r.domain == head), None) or next(iter(records), None)
    if found is None:
        return None
    policy = found.policy if own else found.below
    return Policy(policy, head, found.strict_dkim, found.strict_spf)


def aligned(ask: Ask, policy: Policy, domain: str, author: str, *, strict: bool) -> bool:
    """Say whether a proof for `domain` is one for `author`. Raises lookups.Temporary."""
    if not domain or domain == author or strict:
        return bool(domain) and domain == author
    return may_align(policy, domain) and _organisation(_walk(ask, domain), domain) == policy.organisation


def may_align(policy: Policy, domain: str) -> bool:
    """Say whether a domain stands under the same head by its name."""
    return f".{domain}".endswith(f".{policy.organisation}")


def _walk(ask: Ask, domain: str) -> list[Record]:
    """Return the records from a domain up to the first that says where it stands."""
    labels = domain.split(".")
    names = [domain] if len(labels) > MOST_QUESTIONS else []
    labels = labels[-(MOST_QUESTIONS - 1) :] if names else labels
    names += [".".join(labels[index:]) for index in range(len(labels))]
    records: list[Record] = []
    for name in names:
        record = _record(ask, name)
        if record is not None:
            records.append(record)
            if record.psd == "n" or (record.psd == "y" and name != domain):
                break
    return records


def _organisation(records: list[Record], domain: str) -> str:
    """Return the head of the organisation that a domain belongs to."""
    for record in records:
        if record.psd == "n":
            return record.domain
        if record.psd == "y" and record.domain != domain:
            below = domain[: -len(record.domain) - 1].rpartition(".")[2]
            return f"{below}.{record.domain}"
    return min((record.domain for record in records), key=lambda name: name.count("."), default=domain)


def _record(ask: Ask, name: str) -> Record | None:
    found = [record for text in ask(f"_dmarc.{name}", "TXT") if (record := parse(text, name)) is not None]
    return found[0] if len(found) == 1 else None


def parse(text: str, domain: str) -> Record | None:
    """Read a record; None where it is none. A policy that is missing or unknown is none (RFC 9989, 4.7)."""
    version, _, rest = text.partition(";")
    if version.replace(" ", "").replace("\t", "") != "v=DMARC1":
        return None
    tags: dict[str, str] = {}
    for part in rest.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip().lower())
    policy = tags.get("p", "none")
    policy = policy if policy in _POLICIES else "none"
    below = tags.get("sp", policy)
    psd = tags.get("psd", "u")
    return Record(
        domain,
        policy,
        below if below in _POLICIES else policy,
        tags.get("adkim", "r") == "s",
        tags.get("aspf", "r") == "s",
        psd if psd in {"y", "n"} else "u",
    )
