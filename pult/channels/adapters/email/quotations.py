"""Where a quotation begins: the lines that mail programs write above it, in the languages of quotations.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

MAX_HEADING = 500
"""Characters of a heading; a longer line is no program's."""
SPAN = 4
"""Lines over which a heading may be broken."""

_QUOTE = re.compile(r"^(?:[ \t]*>)+[ \t]?")
_DECORATION = " \t*_>|•\u200b\ufeff\xa0"
_RULES = _DECORATION + "-–—="
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}")
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.]\d\d(?!\d)|\b\d{1,2} ?[ap]\.?m\b|\b\d{1,2}h\d\d\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\b\d{1,2}[./-] ?\d{1,2}[./-] ?\d\d\b")
_RULE = re.compile(r"^[ \t>*]*(?:-{2,}|_{2,}|={2,}|–{2,}|—{2,}|\*{3,})")
_RULED = re.compile(r"^[ \t>*]*-{3,} ?[^-\n]{3,80}-{3,}[ \t]*$")
"""Android's "---- Ana Novak wrote ----"."""
_ONLY_RULE = re.compile(r"^[ \t>*]*[-_=–—*]{3,}[ \t]*$")
_OWN = re.compile(
    r" (?:my|moj\w*|mog\w*|мог|mein\w*|mon|mi|min|mijn|meu|mého|меня|моя|mojego|iphone\w*|ipad\w*|outlook\w*)$|outlook"
)
"""The end of a footer's phrase that makes it one whatever follows; others need the name of a device or a program."""
_DEVICE = re.compile(
    r"iphon|ipad|android|samsung|galaxy|huawei|honor|xiaomi|redmi|nokia|blackberry|windows|outlook|mail|yahoo|proton|gmx"
    r"|phone|telef|mobil|tablet|\btel\b|\bapp|sony|motorola|oneplus|pixel|device|gerät|urządzeni|uređaj|ureda|naprav"
    r"|συσκευ|κινητ|смартфон|телефон|http",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE = re.compile(r"(?<!\d)(?<!\bkl)(?<!\bob)[.!?;] ")
"""The end of a sentence, which a program's heading has none of: "3. 11. 2026 kl. 10:05" is no end."""
_DATED = re.compile(r"^\W*(?:\d{1,4}[./-]|[^\W\d]{2,12}[.,]? +\d{1,2}[., /])")
"""How a heading begins that begins with its date, or with the day before it."""


_EXCUSE = re.compile(
    r"(?<=[^\W\d])\. [^.]*(?:excus|brev|briev|brièv|entschuld|kürze|scus|disculp|zwięz)[^.]*\.?$", re.I
)
"""What mail programs of phones beg pardon for."""


class Phrases(NamedTuple):
    """The data file, made ready: `wrote` finds a verb, `labels` tells what stands before a colon."""

    wrote: re.Pattern[str]
    starts: frozenset[str]
    labels: dict[str, frozenset[str]]
    original: re.Pattern[str]
    footers: tuple[str, ...]


@lru_cache(maxsize=1)
def phrases() -> Phrases:
    """Read quotations.toml."""
    with (Path(__file__).with_name("quotations.toml")).open("rb") as file:
        languages = list(tomllib.load(file).values())

    def every(name: str) -> list[str]:
        return sorted({phrase for one in languages for phrase in one[name]}, key=lambda p: (-len(p), p))

    labels: dict[str, set[str]] = {}
    for field in ("from", "sent", "to", "cc", "subject"):
        for label in every(field):
            labels.setdefault(label.casefold(), set()).add(field)
    return Phrases(
        re.compile("|".join(map(_word, every("wrote"))), re.IGNORECASE),
        frozenset(start.split(" ")[0].casefold() for start in every("starts")),
        {label: frozenset(fields) for label, fields in labels.items()},
        re.compile("|".join(map(re.escape, every("original"))), re.IGNORECASE),
        tuple(footer.casefold() for footer in every("footers")),
    )


def _word(phrase: str) -> str:
    """Return a pattern of a phrase that stands alone; Chinese and Japanese leave no space between words."""
    escaped = re.escape(phrase)
    return escaped if phrase[0] >= "\u3000" else rf"(?<!\w){escaped}(?!\w)"


def plain(line: str) -> str:
    """Return a line without marks of quotation and without emphasis."""
    return _QUOTE.sub("", line).strip(_DECORATION)


def heading(lines: Sequence[str], at: int) -> int | None:
    """Return the first line of the heading that `lines[at]` belongs to, None where it belongs to none.

    `at` is the line that gives a heading away: the end of "On ..., X wrote:", the first of a block of fields, or a
    separator.
    """
    line = lines[at]
    if len(line) > MAX_HEADING:
        return None
    bare = plain(line)
    if not bare:
        return None
    if _separator(line, bare):
        return at
    if (
        bare[-1] in ":：-"
        or bare.endswith(("wrote", "schreef", "a écrit"))
        or (":" in bare[-60:] and bare.endswith(")"))
    ):
        begin = _attribution(lines, at)
        if begin is not None:
            return begin
    if line.rstrip()[-1] == ">" and _DATED.match(bare) and _YEAR.search(bare[:40]) and _MAIL.search(bare[-330:]):
        following = next((after for after in lines[at + 1 : at + 4] if after.strip()), "")
        return at if following.lstrip().startswith(">") else None
    if ":" in bare or "：" in bare:
        return _fields(lines, at)
    return None


def _separator(line: str, bare: str) -> bool:
    """Say whether the line is "-----Original Message-----" or "Begin forwarded message:" in some language."""
    if len(bare) > 120:
        return False
    words = bare.lstrip(_RULES)
    if _RULED.match(line) and phrases().wrote.search(words):
        return True
    found = phrases().original.match(words)
    if found is None:
        return False
    after = words[found.end() :].strip(_DECORATION)
    ruled = _RULE.match(line) is not None
    return after in {":", "："} or (ruled and (not after or after[0] in "-–—=:(" or after[-1] in "-–—="))


def _attribution(lines: Sequence[str], at: int) -> int | None:
    """Return where a line like "On Monday, 3 November 2026 at 10:00, X <a@b> wrote:" begins.

    Without an address, people write such lines too ("on Monday you wrote me:"); programs go on with a marked
    quotation or an empty line.
    """
    known = phrases()
    text, bare_start = "", None
    after = lines[at + 1].lstrip() if at + 1 < len(lines) else ""
    quoted = next((line.lstrip()[:1] == ">" for line in lines[at + 1 : at + 5] if line.strip()), False)
    for begin in range(at, max(at - SPAN, -1), -1):
        bare = plain(lines[begin])
        if not bare or len(bare) > MAX_HEADING or (begin < at and bare[-1] in ".!?" and not bare[-2:-1].isdigit()):
            break
        text = f"{bare} {text}".strip()
        if len(text) > MAX_HEADING:
            break
        verb = _ends_with_verb(known.wrote, text)
        mail, time, year = _MAIL.search(text), _TIME.search(text), _YEAR.search(text)
        dated = any(c.isdigit() for c in _MAIL.sub("", text))
        first = _WORD.match(text.lstrip("-– "))
        started = bool(first and first.group().casefold() in known.starts)
        if verb and dated and started and (mail or ((time or year) and (quoted or not after))):
            return begin
        if verb and time and year and quoted and bare_start is None:
            bare_start = begin
        if mail and time and year and bare_start is None and (text[0].isdigit() or "," in text[:25] or "." in text[:6]):
            bare_start = begin
        if verb and year and mail and bare_start is None:
            bare_start = begin
        if quoted and time and year and bare_start is None and _DATED.match(text) and text.endswith((":", "：")):
            bare_start = begin
    return bare_start


def _ends_with_verb(wrote: re.Pattern[str], text: str) -> bool:
    """Say whether the verb stands where programs put it: at the end, or before the writer's name."""
    if text.rstrip(" :：-").endswith(">") and _MAIL.search(text[-200:]):
        return wrote.search(text) is not None
    ends = [found.end() for found in wrote.finditer(text)]
    if not ends:
        return False
    after = text[ends[-1] :].strip(" :：-")
    return len(after) <= 80 and (_MAIL.search(text) is not None or not _SENTENCE.search(after))


def _fields(lines: Sequence[str], at: int) -> int | None:
    """Return where a block of From, Sent, To, Subject begins, if it begins in this line."""
    known = phrases().labels
    first = _labels(lines[at], known)
    if not first or not first & {"from", "sent"}:
        return None
    kinds = [first]
    mail = bool(_MAIL.search(lines[at]))
    dated = bool(_YEAR.search(lines[at]) and _TIME.search(lines[at]))
    gap = 0
    for line in lines[at + 1 : at + 14]:
        found = _labels(line, known)
        if not found:
            gap += 1
            if not line.strip() and len(kinds) > 1:
                break
            if gap > 2:
                break
            mail = mail or bool(_MAIL.search(line))
            continue
        gap = 0
        kinds.append(found)
        mail = mail or bool(_MAIL.search(line[:MAX_HEADING]))
        dated = dated or bool(_YEAR.search(line[:MAX_HEADING]) and _TIME.search(line[:MAX_HEADING]))
    every = frozenset().union(*kinds)
    complete = first == {"from"} and kinds[1:2] == [frozenset({"sent"})] and _MAIL.search(lines[at]) and dated and gap
    told = sum(bool(any(one in kind for kind in kinds)) for one in ("from", "sent", "to", "subject"))
    if complete or ("from" in every and len(kinds) >= 2 and told >= 3 and (mail or dated or "subject" in every)):
        return _with_rule(lines, at)
    return None


def _labels(line: str, known: dict[str, frozenset[str]]) -> frozenset[str]:
    """Return what the label before the line's colon may stand for."""
    head = line[:60].strip(_DECORATION).replace("：", ":")
    name, mark, _ = head.partition(":")
    if not mark:
        return frozenset()
    found = known.get(name.strip(_DECORATION).casefold(), frozenset())
    more = re.search(r"\s([^\W\d_]{3,12})\s?:\s", line[:MAX_HEADING][len(name) + 1 :]) if found else None
    return found | known.get(more.group(1).casefold(), frozenset()) if more else found


def _with_rule(lines: Sequence[str], at: int) -> int:
    """Take a rule right above a heading with it."""
    above = at - 1
    while above >= 0 and at - above <= 3:
        if _ONLY_RULE.match(lines[above]):
            return above
        if lines[above].strip():
            break
        above -= 1
    return at


def footer(lines: Sequence[str], at: int) -> bool:
    """Say whether a line is what a phone or a program adds: "Sent from my iPhone", "Get Outlook for Android"."""
    bare = plain(lines[at])
    if not 8 <= len(bare) <= 160:
        return False
    folded = bare.casefold()
    phrase = next((one for one in phrases().footers if folded.startswith(one)), "")
    if not phrase and not (folded.startswith("sent from ") and "<http" in bare):
        return False
    if not _OWN.search(phrase) and not _DEVICE.search(bare):
        return False
    bare = _EXCUSE.sub("", bare)
    words = re.sub(r"<[^<>]*>|\[[^\[\]]*\]|https?://\S+|\([^()]*\)", " ", bare).split()
    closed = at + 1 >= len(lines) or not lines[at + 1].strip() or heading_near(lines, at + 1)
    return len(words) <= 10 and bare[-1] not in "!?:" and "," not in " ".join(words) and closed


def heading_near(lines: Sequence[str], at: int) -> bool:
    """Say whether a heading or a rule begins in this line."""
    if _ONLY_RULE.match(lines[at]) or lines[at].startswith(">"):
        return True
    return any(heading(lines, i) == at for i in range(at, min(at + SPAN, len(lines))))
