"""Why a field was refused: a code for programs, and a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pult.accounts.error_texts import TEXTS

REASONS: Mapping[str, Mapping[str, str]] = {
    "required": {
        "en": "This has to be given.",
        "sl": "Ta podatek je obvezen.",
        "hr": "Ovaj je podatak obavezan.",
        "el": "Αυτό το στοιχείο είναι υποχρεωτικό.",
        "pl": "To pole jest wymagane.",
    },
    "empty": {
        "en": "This must not be empty.",
        "sl": "To ne sme biti prazno.",
        "hr": "Ovo ne smije biti prazno.",
        "el": "Αυτό δεν μπορεί να είναι κενό.",
        "pl": "To nie może być puste.",
    },
    "too_long": {
        "en": "This is too long; the limit is {limit}.",
        "sl": "To je predolgo; meja je {limit}.",
        "hr": "Ovo je predugačko; granica je {limit}.",
        "el": "Αυτό είναι πολύ μεγάλο· το όριο είναι {limit}.",
        "pl": "To jest za długie; limit wynosi {limit}.",
    },
    "too_short": {
        "en": "This is too short; the least is {limit}.",
        "sl": "To je prekratko; najmanj {limit}.",
        "hr": "Ovo je prekratko; najmanje {limit}.",
        "el": "Αυτό είναι πολύ μικρό· το ελάχιστο είναι {limit}.",
        "pl": "To jest za krótkie; minimum wynosi {limit}.",
    },
    "too_large": {
        "en": "The largest value is {limit}.",
        "sl": "Največja vrednost je {limit}.",
        "hr": "Najveća je vrijednost {limit}.",
        "el": "Η μέγιστη τιμή είναι {limit}.",
        "pl": "Największa wartość to {limit}.",
    },
    "too_small": {
        "en": "The smallest value is {limit}.",
        "sl": "Najmanjša vrednost je {limit}.",
        "hr": "Najmanja je vrijednost {limit}.",
        "el": "Η ελάχιστη τιμή είναι {limit}.",
        "pl": "Najmniejsza wartość to {limit}.",
    },
    "choice": {
        "en": "This has to be one of: {choices}.",
        "sl": "To mora biti eno od: {choices}.",
        "hr": "Ovo mora biti jedno od: {choices}.",
        "el": "Αυτό πρέπει να είναι ένα από τα εξής: {choices}.",
        "pl": "To musi być jedno z: {choices}.",
    },
    "language": {
        "en": "This is not the two-letter code of a language, such as sl.",
        "sl": "To ni dvočrkovna koda jezika, na primer sl.",
        "hr": "Ovo nije dvoslovna oznaka jezika, na primjer hr.",
        "el": "Αυτός δεν είναι κωδικός γλώσσας δύο γραμμάτων, π.χ. el.",
        "pl": "To nie jest dwuliterowy kod języka, na przykład pl.",
    },
    "whole_number": {
        "en": "This has to be a whole number.",
        "sl": "To mora biti celo število.",
        "hr": "Ovo mora biti cijeli broj.",
        "el": "Αυτό πρέπει να είναι ακέραιος αριθμός.",
        "pl": "To musi być liczba całkowita.",
    },
    "time": {
        "en": "This has to be a date and time with its time zone, such as 2026-11-22T09:00:00Z.",
        "sl": "To mora biti datum in ura s časovnim pasom, na primer 2026-11-22T09:00:00Z.",
        "hr": "Ovo mora biti datum i vrijeme s vremenskom zonom, na primjer 2026-11-22T09:00:00Z.",
        "el": "Αυτό πρέπει να είναι ημερομηνία και ώρα με ζώνη ώρας, π.χ. 2026-11-22T09:00:00Z.",
        "pl": "To musi być data i godzina ze strefą czasową, na przykład 2026-11-22T09:00:00Z.",
    },
    "shape": TEXTS["shape"],
    "unknown": TEXTS["unknown"],
    "unknown_parameter": {
        "en": "There is no parameter of this name.",
        "sl": "Parametra s tem imenom ni.",
        "hr": "Parametar s tim imenom ne postoji.",
        "el": "Δεν υπάρχει παράμετρος με αυτό το όνομα.",
        "pl": "Nie ma parametru o tej nazwie.",
    },
    "assignee_without_access": {
        "en": "This person may not see the conversations of this store.",
        "sl": "Ta oseba nima dostopa do pogovorov te trgovine.",
        "hr": "Ova osoba nema pristup razgovorima ove trgovine.",
        "el": "Αυτό το άτομο δεν έχει πρόσβαση στις συνομιλίες αυτού του καταστήματος.",
        "pl": "Ta osoba nie ma dostępu do rozmów tego sklepu.",
    },
    "in_the_past": {
        "en": "This time is past already.",
        "sl": "Ta čas je že minil.",
        "hr": "To je vrijeme već prošlo.",
        "el": "Αυτή η ώρα έχει ήδη περάσει.",
        "pl": "Ten czas już minął.",
    },
    "in_spam": {
        "en": "This conversation is in Spam. Say first that it is not spam.",
        "sl": "Ta pogovor je med neželeno pošto. Najprej označite, da ni neželena pošta.",
        "hr": "Ovaj je razgovor u neželjenoj pošti. Najprije označite da nije neželjena pošta.",
        "el": "Αυτή η συνομιλία βρίσκεται στα ανεπιθύμητα. Δηλώστε πρώτα ότι δεν είναι ανεπιθύμητη.",
        "pl": "Ta rozmowa jest w spamie. Najpierw proszę zaznaczyć, że to nie spam.",
    },
    "snooze_needs_time": {
        "en": "Please say until when the conversation sleeps.",
        "sl": "Navedite, do kdaj naj bo pogovor odložen.",
        "hr": "Navedite do kada je razgovor odgođen.",
        "el": "Ορίστε μέχρι πότε θα μείνει σε αναβολή η συνομιλία.",
        "pl": "Proszę podać, do kiedy rozmowa ma być odłożona.",
    },
    "not_a_version": {
        "en": "This is not the version of a conversation.",
        "sl": "To ni različica pogovora.",
        "hr": "Ovo nije verzija razgovora.",
        "el": "Αυτή δεν είναι έκδοση συνομιλίας.",
        "pl": "To nie jest wersja rozmowy.",
    },
    "taken": {
        "en": "This name is in use already.",
        "sl": "To ime je že v uporabi.",
        "hr": "To je ime već u upotrebi.",
        "el": "Αυτό το όνομα χρησιμοποιείται ήδη.",
        "pl": "Ta nazwa jest już używana.",
    },
    "same": {
        "en": "This has to be another one.",
        "sl": "To mora biti nekaj drugega.",
        "hr": "Ovo mora biti nešto drugo.",
        "el": "Αυτό πρέπει να είναι κάτι διαφορετικό.",
        "pl": "To musi być coś innego.",
    },
}

_PYDANTIC = {
    "missing": "required",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "less_than_equal": "too_large",
    "less_than": "too_large",
    "greater_than_equal": "too_small",
    "greater_than": "too_small",
    "literal_error": "choice",
    "enum": "choice",
    "int_type": "whole_number",
    "int_parsing": "whole_number",
    "int_parsing_size": "whole_number",
    "int_from_float": "whole_number",
    "datetime_type": "time",
    "datetime_parsing": "time",
    "datetime_from_date_parsing": "time",
    "timezone_aware": "time",
    "language": "language",
}
_LIMITS = ("max_length", "min_length", "le", "lt", "ge", "gt")


def of_pydantic(kind: str, context: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the code of one of pydantic's errors, and what fills in its sentence."""
    code = _PYDANTIC.get(kind, "shape")
    limit = next((context[name] for name in _LIMITS if name in context), "")
    choices = str(context.get("expected", "")).replace(" or ", ", ").replace("'", "")
    return code, {"limit": str(limit), "choices": choices}


def field_of(place: Sequence[object]) -> str:
    """Return a field as the API calls it, from where pydantic found it: source, the door's own parameter, the field.

    The name of a parameter that stands for a whole body or query is ours, and says nothing to a reader.
    """
    source, *names = place or ("",)
    inside = names[1:] if source in {"body", "query", "form"} and len(names) > 1 else names
    return ".".join(str(name) for name in inside)


def sentence(code: str, language: str, **values: str) -> str:
    """Return the sentence for a code; what is not known is an `unknown_...` that the reader chose."""
    words = REASONS.get(code) or REASONS["unknown" if code.startswith("unknown") else "shape"]
    return words.get(language, words["en"]).format(**values)
