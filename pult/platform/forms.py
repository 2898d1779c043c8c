"""A settings form, made from the types in the settings.py of a channel or shop; secrets go in and never come out.

Such a module has a struct `Settings`, and may name the words of choices (`CHOICES`) and what has one name everywhere
(`NAMES`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import msgspec
from msgspec import inspect

from pult.platform.labels import Words


class Choice(msgspec.Struct, frozen=True):
    """A value that a choice field may have."""

    value: str
    label: str


class FormField(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field: `kind` is text, number, flag, choice or map; it is shown when `when_field` has `when_value`."""

    name: str
    label: str
    kind: str
    default: Any = None
    secret: bool = False
    choices: list[Choice] = []
    when_field: str = ""
    when_value: str = ""
    minimum: int | None = None
    maximum: int | None = None
    url: bool = False


class BadSettings(ValueError):
    """The values do not fit the settings; the text names the field and what is wrong."""


def form(module: ModuleType, language: str) -> list[FormField]:
    """Return the fields of the settings, labelled in one of the five languages."""
    described = inspect.type_info(module.Settings)
    fields = described.fields if isinstance(described, inspect.StructType) else ()
    words: Mapping[str, Mapping[str, Words]] = getattr(module, "CHOICES", {})
    names: Mapping[str, str] = getattr(module, "NAMES", {})
    return [_field(entry, language, words.get(entry.name, {}), names) for entry in fields]


def _field(entry: inspect.Field, language: str, words: Mapping[str, Words], names: Mapping[str, str]) -> FormField:
    described = entry.type
    extra: dict[str, Any] = {}
    while isinstance(described, inspect.Metadata):
        extra |= described.extra or {}
        described = described.type
    choices: list[Choice] = []
    minimum = maximum = None
    if isinstance(described, inspect.LiteralType):
        kind = "choice"
        for value in map(str, described.values):
            said = words[value].to(language) if value in words else names.get(value) or value.capitalize()
            choices.append(Choice(value, said))
        order = list(words)
        choices.sort(key=lambda choice: order.index(choice.value) if choice.value in order else -1)
    elif isinstance(described, inspect.BoolType):
        kind = "flag"
    elif isinstance(described, inspect.IntType):
        kind, minimum, maximum = "number", described.ge, described.le
    else:
        kind = "map" if isinstance(described, inspect.DictType) else "text"
    when_field, _, when_value = str(extra.get("when", "")).partition("=")
    label: Words | None = extra.get("words")
    default = entry.default_factory() if callable(entry.default_factory) else entry.default
    default = None if default is msgspec.NODEFAULT else default
    return FormField(
        entry.name,
        label.to(language) if label else entry.name,
        kind,
        default,
        bool(extra.get("hidden")),
        choices,
        when_field,
        when_value,
        minimum,
        maximum,
        bool(extra.get("url")),
    )


def shown(module: ModuleType, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings for the form: a secret only as whether it is set."""
    values: dict[str, Any] = {}
    for entry in form(module, "en"):
        value = settings.get(entry.name, entry.default)
        values[entry.name] = bool(value) if entry.secret else value
    return values


def validated(module: ModuleType, values: Mapping[str, Any], *, old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Check what came from the form and return the settings to keep.

    A secret that is left out, true or null stays as it was; "" removes it. Raises BadSettings.
    """
    fields = {entry.name: entry for entry in form(module, "en")}
    if unknown := values.keys() - fields.keys():
        raise BadSettings(f"there is no setting {sorted(unknown)[0]!r}")
    merged = {name: value for name, value in (old or {}).items() if name in fields}
    for name, value in values.items():
        if not (fields[name].secret and (value is None or value is True)):
            merged[name] = value.strip() if isinstance(value, str) and not fields[name].secret else value
    try:
        typed = msgspec.convert(merged, module.Settings)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from error
    kept: dict[str, Any] = msgspec.to_builtins(typed)
    return kept


def urls(module: ModuleType, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the http addresses among settings that Pult will ask, each with its field's name."""
    named = [entry.name for entry in form(module, "en") if entry.url]
    return [(name, str(settings[name])) for name in named if settings.get(name)]
