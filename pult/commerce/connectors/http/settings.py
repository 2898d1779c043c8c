"""What an admin sets for a shop that speaks the HTTP contract (docs/shop-http.openapi.json)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pult.platform.labels import Words, field

BASE_URL = Words(
    sl="Naslov, pod katerim trgovina odgovarja (brez /orders)",
    hr="Adresa na kojoj trgovina odgovara (bez /orders)",
    el="Διεύθυνση στην οποία απαντά το κατάστημα (χωρίς /orders)",
    pl="Adres, pod którym sklep odpowiada (bez /orders)",
    en="Address at which the shop answers (without /orders)",
)
TOKEN = Words(
    sl="Žeton, s katerim Pult bere trgovino",
    hr="Token kojim Pult čita trgovinu",
    el="Διακριτικό με το οποίο το Pult διαβάζει το κατάστημα",
    pl="Token, którym Pult odczytuje sklep",
    en="Token with which Pult reads the shop",
)
SECRET = Words(
    sl="Skrivnost, s katero trgovina podpisuje obvestila",
    hr="Tajna kojom trgovina potpisuje obavijesti",
    el="Μυστικό με το οποίο το κατάστημα υπογράφει τις ειδοποιήσεις",
    pl="Sekret, którym sklep podpisuje powiadomienia",
    en="Secret with which the shop signs its notices",
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one shop."""

    base_url: Annotated[str, msgspec.Meta(pattern="^https?://[^/?#]+[^?#]*$"), field(BASE_URL, url=True)]
    token: Annotated[str, msgspec.Meta(pattern="^[!-~]*$"), field(TOKEN, hidden=True)] = ""
    webhook_secret: Annotated[
        str, msgspec.Meta(pattern="^(whsec_[A-Za-z0-9+/]{32,88}={0,2})?$"), field(SECRET, hidden=True)
    ] = ""
