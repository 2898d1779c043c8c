"""The settings form comes from the types, in five languages, and never shows a secret."""

from __future__ import annotations

import pytest

from pult.channels import registry
from pult.platform import forms, labels

EMAIL = registry.settings("email")


@pytest.mark.parametrize("channel", [manifest.name for manifest in registry.all_manifests()])
@pytest.mark.parametrize("language", labels.LANGUAGES)
def test_every_field_and_choice_has_words_in_every_language(channel: str, language: str) -> None:
    fields = forms.form(registry.settings(channel), language)
    names = {entry.name for entry in fields}
    for entry in fields:
        assert entry.label != entry.name
        assert not entry.when_field or entry.when_field in names
        assert all(choice.label for choice in entry.choices)


def test_labels_differ_by_language() -> None:
    label = {lang: next(f.label for f in forms.form(EMAIL, lang) if f.name == "imap_folder") for lang in ("sl", "el")}
    assert label == {"sl": "Mapa", "el": "Φάκελος"}


def test_words_are_said_once_and_filled_for_every_field() -> None:
    shown = {entry.name: entry.label for entry in forms.form(EMAIL, "hr")}
    assert (shown["imap_host"], shown["smtp_host"]) == ("Poslužitelj IMAP", "Poslužitelj SMTP")
    sending = next(entry for entry in forms.form(EMAIL, "hr") if entry.name == "send")
    assert sending.choices[0].label == shown["smtp_host"]
    assert forms.form(EMAIL, "xx") == forms.form(EMAIL, "en")


def test_a_secret_is_shown_only_as_set_and_stays_unless_written_anew() -> None:
    old = forms.validated(EMAIL, {"smtp_host": " mail.example ", "smtp_password": "hush"})
    assert old == {"smtp_host": "mail.example", "smtp_password": "hush"}
    assert forms.shown(EMAIL, old)["smtp_password"] is True
    assert "hush" not in repr(forms.shown(EMAIL, old))
    assert forms.validated(EMAIL, {"smtp_password": True, "smtp_port": 25}, old=old)["smtp_password"] == "hush"
    assert "smtp_password" not in forms.validated(EMAIL, {"smtp_password": ""}, old=old)


@pytest.mark.parametrize("values", [{"smtp_port": 0}, {"smtp_tls": "maybe"}, {"smtp_port": "25"}, {"nonsense": 1}])
def test_what_does_not_fit_is_refused_by_name(values: dict[str, object]) -> None:
    with pytest.raises(forms.BadSettings, match=next(iter(values))):
        forms.validated(EMAIL, values)
