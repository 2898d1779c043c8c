"""What customers wrote before the tests begin: enough for a list to scroll."""

from __future__ import annotations

_NAMES = ("Živa Čeh", "Luka Horvat", "Ελένη Παππά", "Łukasz Wójcik", "Emma Hill", "Đurđa Šarić", "Νίκος Ρήγας")
_MATTERS = (
    ("Zamenjava čevljev", "Pozdravljeni, čevlji so premajhni. Kako jih zamenjam?"),
    ("Račun za narudžbu", "Dobar dan, molim račun na tvrtku."),
    ("Πού είναι το δέμα μου;", "Καλημέρα, το δέμα δεν έχει φτάσει ακόμα."),
    ("Zwrot słuchawek", "Dzień dobry, chciałbym zwrócić słuchawki."),
    ("Which charger fits", "Hello, which charger fits the Lumen 3 lamp?"),
    ("Poškodovan paket", "Paket je prišel poškodovan, prilagam opis."),
)

EARLIER = [(_NAMES[n % len(_NAMES)], f"{_MATTERS[n % 6][0]} {n + 1}", _MATTERS[n % 6][1]) for n in range(40)]
