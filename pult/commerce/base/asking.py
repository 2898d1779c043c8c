"""What connectors share that ask a shop over a network: its errors, and things that make no sense."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from pult.commerce.base.connecting import Misfit, ShopError
from pult.commerce.base.things import Thing
from pult.platform import httpclient

LONGEST = 3_600.0
"""Seconds after which a shop is asked again that wants to be left alone for longer."""
ODD = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, IndexError, msgspec.ValidationError)
"""What taking apart raises where a shop says what it should not."""


def failed(place: str, error: httpclient.HttpError, said: str = "") -> ShopError:
    """Return what a failed request means; `said` are the shop's own words, where it has any."""
    reason = f"{place}: {error}{': ' if said else ''}{said}"[:1_000]
    if isinstance(error, httpclient.Temporary):
        return ShopError(reason, after=None if error.after is None else min(error.after, LONGEST))
    return ShopError(reason, permanent=True)


def each(
    raws: Iterable[Any], build: Callable[[Any], Thing | None], name: str, place: str
) -> tuple[list[Thing], list[Misfit]]:
    """Take things apart one by one, so that one that makes no sense costs nothing else; `name` is its id's field.

    What `build` returns None for is of no use here and passed over.
    """
    things: list[Thing] = []
    misfits: list[Misfit] = []
    for number, raw in enumerate(raws):
        try:
            thing = build(raw)
        except ODD as error:
            misfits.append(_misfit(raw, name, f"{place}[{number}]", error))
        else:
            things += [] if thing is None else [thing]
    return things, misfits


def _misfit(raw: Any, name: str, place: str, error: Exception) -> Misfit:
    known = str(raw.get(name) or "") if isinstance(raw, dict) else ""
    missing = isinstance(error, KeyError)
    told = f"{place}: no {error.args[0]}" if missing and error.args else f"{place}: {error}"
    return Misfit(known[:200] or place, told[:300])
