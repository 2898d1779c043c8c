"""Going through a list of the shop's from a moment on, so that nothing is lost though it changes meanwhile.

Vendure pages by number, and what changes moves on to a later page: the rest moves up by one, and a reader of numbered
pages would miss a thing. Here each page begins at the moment at which the one before ended. What changes meanwhile gets
a later moment and is met once more. Only things of the same thousandth of a second (after a migration of the shop's,
all of them) are counted off, and each page begins with the last thing of the one before: if another stands there, some
have left, and the walk goes back until it has met that thing again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pult.commerce.connectors.vendure.asking import Vendure, moment, written

PAGE = 100
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(milliseconds=1)
_OPTIONS = {
    "orders": "OrderListOptions",
    "products": "ProductListOptions",
    "productVariants": "ProductVariantListOptions",
    "promotions": "PromotionListOptions",
}


class Place(NamedTuple):
    """Where a walk is: `skip` things from moment `at` on were met, the last of them `last`; `done` in all.

    Going back: `back` things before number `until`, `last` has to be met before that number is reached."""

    at: datetime
    skip: int = 0
    last: str = ""
    done: int = 0
    back: int = 0
    until: int = 0


class Found(NamedTuple):
    """A part of the list, where it goes on (None: nowhere) and how much there is in all."""

    items: list[dict[str, Any]]
    next: Place | None
    of: int


class Walk(NamedTuple):
    """What is walked through: a list of the Admin API by a field that holds a moment, with what is asked of each."""

    name: str
    field: str
    asked: str
    where: Mapping[str, Any]


def walk(vendure: Vendure, over: Walk, begin: Place) -> Iterator[Found]:
    """Give what a list holds from a place on."""
    place: Place | None = begin
    while place is not None:
        found = _page(vendure, over, place)
        yield found
        place = found.next


def _page(vendure: Vendure, over: Walk, place: Place) -> Found:
    again = int(bool(place.last) and not place.back)
    later = {"after": written(place.at - _STEP)}
    page = {
        "filter": {**over.where, over.field: later},
        "sort": {over.field: "ASC", "id": "ASC"},
        "skip": place.skip - again,
        "take": PAGE + again,
    }
    said = vendure.ask(_query(over), page=page)["page"]
    items, total = said["items"], int(said["totalItems"])
    if again and (not items or items[0]["id"] != place.last):
        return Found([], _back(place, PAGE), place.done + max(0, total - place.skip))
    return _next(over, place, items[again:], total)


def _next(over: Walk, place: Place, items: list[dict[str, Any]], total: int) -> Found:
    reached = place.skip + len(items)
    done, of = place.done + len(items), place.done + max(0, total - place.skip)
    back, until, sought = place.back, place.until, place.last
    if back:
        if any(item["id"] == sought for item in items) or not place.skip:
            back = until = 0
        elif reached >= until or not items:
            return Found(items, _back(place._replace(skip=until), 2 * back), of)
    if reached >= total or not items:
        return Found(items, None, of)
    last = moment(items[-1][over.field])
    if last == place.at:
        return Found(items, Place(last, reached, sought if back else items[-1]["id"], done, back, until), of)
    alike = sum(moment(item[over.field]) == last for item in items)
    return Found(items, Place(last, alike, items[-1]["id"], done), of)


def _back(place: Place, by: int) -> Place:
    if by >= place.skip:
        return Place(place.at, done=place.done)
    return place._replace(skip=place.skip - by, back=by, until=place.skip)


def _query(over: Walk) -> str:
    return f"""
query Walk($page: {_OPTIONS[over.name]}!) {{
  page: {over.name}(options: $page) {{ totalItems items {{ id {over.field} {over.asked} }} }}
}}
"""
