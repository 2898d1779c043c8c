"""A delivery report in words: whose mail failed, and what was said of each. For reports without a standard part."""

from __future__ import annotations

import re

ADDRESS = re.compile(
    r"(?:(?<=SMTP[=:])|(?<![\w.!#$%&'*+/=?^`{|}~-]))(?!SMTP=)[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}"
)
_BARE = re.compile(r"(?<![^\s<>,;:\"'()])[^\s<>,;:\"'()@]{1,64}@[^\s<>,;:\"'()@]{1,255}")
_RETURNED = re.compile(
    r"^[ \t>|*#=-]*(?:"
    r"(?:return-path|received|message-id|x-mailer|mime-version)[ \t]*:"
    r"|from[ \t]+\S+@\S+ +(?:mon|tue|wed|thu|fri|sat|sun)\b"
    r"|[^\n]{0,30}\b(?:copy of (?:the|your) (?:original )?message|original (?:e-?mail )?message(?: (?:follows|headers?"
    r"|text|contents?|details|as follows)|\s*[-:=]*\s*$)|original mail as follows|(?:message|mail) text follows"
    r"|below this line|unsent message|returned (?:message|mail) follows|undelivered message|beginning of message"
    r"|message contents?|text of the message|message header follows|first \d+ (?:lines|bytes) of)"
    r")",
    re.MULTILINE | re.IGNORECASE,
)
_OTHERS = re.compile(
    r"^(?:mailer-daemon|post_?master|abuse|support|help(?:desk)?|noc|hostmaster|webmaster)@", re.IGNORECASE
)
_ASIDE = re.compile(
    r"(?:contact|send (?:e-?)?mail to|please (?:mail|write|forward)|questions|assistance|problems?|report to|sent by"
    r"|^\s*(?:from|reply-to|sender|return-path|mail from|message-id|cc)\s*:|message sent by|sender|envelope-from"
    r"|ultimately generated|expanded from|originally addressed)",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"(?:will (?:be )?(?:continue|keep|retr)|(?:will|is going to) (?:try|be retried)|warning only|delayed|still being"
    r"|not yet (?:been )?(?:delivered|received)|no need to re-?send|do not need to re-?send"
    r"|temporar(?:y|ily) (?:problem|fail))",
    re.IGNORECASE,
)
_OPENED = re.compile(r"\bdid not reach the following recipient", re.IGNORECASE)
"""Behind what Exchange repeats of the mail, its recipients among it."""
MAX_SECTION = 3_000
MAX_WORDS = 30_000
"""Characters of a report's own words that are looked at."""


def address(text: str) -> str:
    """Return the first address in a text; "" where there is none."""
    text = text[:2_000]
    match = ADDRESS.search(text) or _BARE.search(text)
    return match.group().strip(".'") if match else ""


def address_list(text: str) -> list[str]:
    """Return all addresses in a text, each once."""
    return list(dict.fromkeys(match.group().strip(".'") for match in ADDRESS.finditer(text[:20_000])))


def without_returned(text: str) -> tuple[str, str]:
    """Cut the copy of the failed mail off a report: the words of the report, and the copy."""
    match = _RETURNED.search(text)
    return (text[: match.start()], text[match.start() :]) if match else (text, "")


def about(text: str, recipient: str, *, others: list[str]) -> str:
    """Return what a report's words say of one recipient, up to the next of the others; all where it is not named."""
    words = without_returned(text)[0][:MAX_WORDS]
    lowered, name = words.lower(), recipient.lower()
    at = lowered.find(name) if name else -1
    if at < 0:
        return words[:MAX_SECTION]
    begin = words.rfind("\n", 0, at) + 1
    nexts = (lowered.find(one.lower(), at + len(name)) for one in others[:50] if one.lower() != name)
    return words[begin : min((n for n in nexts if n > 0), default=len(words))][:MAX_SECTION]


def first_named(text: str) -> str:
    """Return the first recipient that a report's words name; "" where they name none."""
    return next(iter(_named(without_returned(text)[0], set())), "")


def sections(text: str, *, failed: list[str], own: set[str], returned: str) -> list[tuple[str, str, str]]:
    """Return recipient, what was said of it, and failed or delayed, for each in the words of a report.

    Args:
        failed: recipients that a header names; own: addresses of the report's own headers.
        returned: headers of the mail that came back, where that is a part of its own.
    """
    words, copy = without_returned(text)
    words, copy = words[:MAX_WORDS], (returned or copy)[:MAX_WORDS]
    sent_to = address_list("\n".join(re.findall(r"^(?:To|Cc)[ \t]*:[^\n]*(?:\n[ \t]+[^\n]*)*", copy, re.M | re.I)))
    sender = set(map(str.lower, address_list("".join(re.findall(r"^From[ \t]*:[^\n]*", copy, re.M | re.I)))))
    action = "delayed" if _DELAYED.search(words) and not re.search(r"\bgiv(?:en|ing) up\b", words) else "failed"
    named = _named(words, own | sender) if not failed else {}
    if failed:
        lowered = words.lower()
        named = {one: max(lowered.find(one.lower()), 0) for one in failed}
    if not named and sent_to:
        named = {sent_to[0]: 0}
    if not named:
        return [("", words[:MAX_SECTION], action)]
    starts = sorted((max(words.rfind("\n", 0, at) + 1, 0), one) for one, at in named.items())
    ends = [at for at, _ in starts[1:]] + [len(words)]
    return [(one, words[at:end][:MAX_SECTION], action) for (at, one), end in zip(starts, ends, strict=True)]


def _named(words: str, others: set[str]) -> dict[str, int]:
    """Return the addresses a report names as its recipients, each with its place."""
    found: dict[str, tuple[str, int]] = {}
    second: dict[str, tuple[str, int]] = {}
    opened = _OPENED.search(words)
    begin = opened.end() if opened and ADDRESS.search(words, opened.end()) else 0
    for match in ADDRESS.finditer(words, begin):
        one = match.group().strip(".'")
        line = words[words.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _OTHERS.search(one) or one.lower() in found:
            continue
        aside = one.lower() in others or bool(_ASIDE.search(line[-120:]))
        (second if aside else found).setdefault(one.lower(), (one, match.start()))
    lines = {key: value for key, value in found.items() if _leads(words, value[1])}
    chosen = lines or found
    if not chosen:
        chosen = {key: value for key, value in second.items() if key not in others}
    return dict(chosen.values())


def _leads(words: str, at: int) -> bool:
    """Say whether a line begins with the address: that is how most reports list their recipients."""
    begin = words.rfind("\n", 0, at) + 1
    return not words[begin:at].strip(" \t<*>-\"'|#").replace("To:", "").strip()
