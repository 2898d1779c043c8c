"""The settings form of a channel, made from the types in its settings.py; secrets go in and never come out."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

from pult.channels.labels import Words
from pult.channels.registry import manifest


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


class BadSettings(ValueError):
    """The values do not fit the channel's settings; the text names the field and what is wrong."""


def _module(channel: str) -> Any:
    return importlib.import_module(f"{manifest(channel).package}.settings")


def form(channel: str, language: str) -> list[FormField]:
    """Return the fields of a channel's settings, labelled in one of the five languages."""
    module = _module(channel)
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
    )


def shown(channel: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return an inbox's settings for the form: a secret only as whether it is set."""
    values: dict[str, Any] = {}
    for entry in form(channel, "en"):
        value = settings.get(entry.name, entry.default)
        values[entry.name] = bool(value) if entry.secret else value
    return values


def validated(channel: str, values: Mapping[str, Any], *, old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Check what came from the form and return the settings to keep.

    A secret that is left out, true or null stays as it was; "" removes it. Raises BadSettings.
    """
    fields = {entry.name: entry for entry in form(channel, "en")}
    if unknown := values.keys() - fields.keys():
        raise BadSettings(f"there is no setting {sorted(unknown)[0]!r}")
    merged = {name: value for name, value in (old or {}).items() if name in fields}
    for name, value in values.items():
        if not (fields[name].secret and (value is None or value is True)):
            merged[name] = value.strip() if isinstance(value, str) and not fields[name].secret else value
    try:
        typed = msgspec.convert(merged, _module(channel).Settings)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from error
    kept: dict[str, Any] = msgspec.to_builtins(typed)
    return kept
