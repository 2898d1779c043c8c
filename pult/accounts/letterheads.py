"""What stands above and below every mail of a store, in each of its languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from html import escape

import msgspec
import nh3
from django.db import transaction

from pult.accounts.access import Actor, require
from pult.accounts.checks import LANGUAGE_CODES
from pult.accounts.errors import Invalid, NotFound, VersionConflict
from pult.accounts.models import Letterhead, Store
from pult.platform import events

LONGEST = 8_000
"""Characters of a header or a footer."""
VARIABLES = ("agent.name", "store.name", "customer.name", "customer.greeting", "conversation.number")

_BRACES = re.compile(r"\{\{(.*?)\}\}|\{\{|\}\}", re.DOTALL)
_TAGS = "a b blockquote br div em h2 h3 hr i li ol p small strong u ul"
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    clean_content_tags={"script", "style", "title", "template", "noscript"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
    strip_comments=True,
)


class LetterheadInfo(msgspec.Struct, frozen=True):
    """HTML above and below a mail in one language; `version` counts its changes, 0 is one that nobody has written."""

    language: str
    header: str = ""
    footer: str = ""
    version: int = 0


def letterheads(store_id: int) -> list[LetterheadInfo]:
    """Return one for each language of the store, its own language first. Raises NotFound."""
    languages = _languages(store_id)
    rows = Letterhead.objects.filter(store=store_id).values_list("language", "header", "footer", "version")
    kept = {row[0]: LetterheadInfo(*row) for row in rows}
    return [kept.get(language, LetterheadInfo(language)) for language in languages]


def letterhead(store_id: int, language: str) -> LetterheadInfo:
    """Return one. Raises NotFound where the store has not that language."""
    for found in letterheads(store_id):
        if found.language == language:
            return found
    raise NotFound(f"Store {store_id} has no language {language}.")


def save_letterhead(
    actor: Actor, store_id: int, language: str, *, header: str, footer: str, versions: Collection[int] | None = None
) -> LetterheadInfo:
    """Write one, cleaned. `versions` are those that may be written over, None for any.

    Raises NotFound, Invalid (a variable that there is none, too long), VersionConflict.
    """
    require(actor, "settings.write")
    above, below = checked("header", header), checked("footer", footer)
    with transaction.atomic():
        Store.objects.select_for_update().filter(id=store_id).first()
        present = letterhead(store_id, language)
        if versions is not None and present.version not in versions:
            raise VersionConflict(present.version)
        Letterhead.objects.update_or_create(
            store_id=store_id,
            language=language,
            defaults={"header": above, "footer": below, "version": present.version + 1},
        )
        events.append(
            "store.changed", scope_id=store_id, entity_id=store_id, actor=actor.ref, data={"fields": ["letterheads"]}
        )
    return letterhead(store_id, language)


def checked(field: str, html: str) -> str:
    """Return HTML cleaned; one that says nothing is "". Raises Invalid for unknown variables and for too much."""
    if len(html) > LONGEST:
        raise Invalid("too-long", field=field, limit=LONGEST)
    for found in _BRACES.finditer(html):
        if (found[1] or "").strip() not in VARIABLES:
            known = ", ".join(f"{{{{{name}}}}}" for name in VARIABLES)
            raise Invalid("variable", field=field, name=found[0][:60], known=known)
    cleaned = _CLEANER.clean(html.replace("\x00", ""))
    return cleaned if re.sub(r"<[^>]*>|\s|&nbsp;", "", cleaned) else ""


def filled(html: str, values: Mapping[str, str]) -> str:
    """Return HTML with its variables filled in, as words and never as HTML; one without a value is left out."""
    return _BRACES.sub(lambda found: escape(values.get((found[1] or "").strip(), "")), html)


def for_mail(store_id: int, language: str) -> LetterheadInfo | None:
    """Return the one for a mail in a language, else that of the store's language; None where there is none."""
    rows = Letterhead.objects.filter(store=store_id).exclude(header="", footer="")
    kept = {row[0]: LetterheadInfo(*row) for row in rows.values_list("language", "header", "footer", "version")}
    if not kept or language in kept:
        return kept.get(language)
    own = Store.objects.values_list("language", flat=True).get(id=store_id)
    return kept.get(own)


def _languages(store_id: int) -> list[str]:
    row = Store.objects.filter(id=store_id).values_list("language", "languages").first()
    if row is None:
        raise NotFound(f"There is no store {store_id}.")
    return [one for one in dict.fromkeys([row[0], *row[1]]) if one in LANGUAGE_CODES]
