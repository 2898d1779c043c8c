"""The answer that is proposed where a customer writes about the order of another shop. Nobody sends it but a person."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pult.commerce.mentions.queries import Reason
from pult.customers.names import address, gendered, read


@lru_cache(maxsize=1)
def _texts() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = tomllib.loads((Path(__file__).parent / "not_ours.toml").read_text("utf-8"))
    return found


def answer(reasons: Sequence[Reason], *, name: str, language: str, store: str) -> str:
    """Return the kind words to somebody who took us for another shop.

    Args:
        reasons: why it seems so, one at least; name: the customer's; store: the name of ours.
    """
    known = language if language in _texts() else "en"
    texts = _texts()[known]
    person = read(name, known)
    said = {one.rule: one for one in reversed(reasons)}
    number, parcel = said.get("unknown_number"), said.get("unknown_parcel")
    other = next((one.name for one in reasons if one.rule in {"bought_there", "mail_domain"}), "")
    if number is not None:
        what = texts["number"].format(text=number.text)
    elif parcel is not None:
        what = texts["parcel"].format(text=parcel.text)
    else:
        neutral = texts["none"]
        what = gendered(person.gender, m=texts.get("none_m", neutral), f=texts.get("none_f", neutral), neutral=neutral)
    return (
        texts["text"]
        .strip()
        .format(
            greeting=f"{address(person, known)},",
            what=what,
            where=texts["where"].format(name=other) if other else "",
            store=store,
        )
    )
