"""The small markup in which letters of the demo are written.

`[order]` is a fact, `[product:acc]` a fact in a case, `[c:naročil|naročila]` a choice by the customer's gender
(`a` by the agent's, `p` by the product's: masculine, feminine, neuter, plural), `{one|another}` a free choice.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

_FACT = re.compile(r"\[([a-z_0-9]+)(?::([^\[\]]*))?\]")
_CHOICE = re.compile(r"\{([^{}]*)\}")
_SENTENCE_START = re.compile(r"(?:^|[.!?]\s+|\n)$")


def render(template: str, facts: Mapping[str, str], genders: Mapping[str, int], rng: random.Random) -> str:
    """Fill a template.

    Args:
        facts: what `[name]` and `[name:case]` stand for.
        genders: for `c`, `a` and `p` which alternative agrees.

    Raises:
        KeyError: the template asks for a fact that is not known.
    """

    def fill(match: re.Match[str]) -> str:
        name, rest = match[1], match[2]
        if rest is not None and "|" in rest:
            return rest.split("|")[genders[name]]
        value = facts[name if rest is None else f"{name}:{rest}"]
        starts = _SENTENCE_START.search(template[: match.start()])
        return value[:1].upper() + value[1:] if starts else value

    return _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), _FACT.sub(fill, template))
