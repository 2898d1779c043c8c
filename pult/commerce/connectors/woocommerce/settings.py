"""What an admin sets for a shop of WooCommerce."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pult.platform.labels import Words, field

URL = Words(
    sl="Naslov trgovine, na primer https://trgovina.example",
    hr="Adresa trgovine, na primjer https://trgovina.example",
    el="Διεύθυνση του καταστήματος, για παράδειγμα https://katastima.example",
    pl="Adres sklepu, na przykład https://sklep.example",
    en="Address of the shop, for example https://shop.example",
)
KEY = Words(
    sl="Uporabniški ključ (consumer key)",
    hr="Korisnički ključ (consumer key)",
    el="Κλειδί χρήστη (consumer key)",
    pl="Klucz klienta (consumer key)",
    en="Consumer key",
)
KEY_SECRET = Words(
    sl="Skrivnost ključa (consumer secret)",
    hr="Tajna ključa (consumer secret)",
    el="Μυστικό του κλειδιού (consumer secret)",
    pl="Sekret klucza (consumer secret)",
    en="Consumer secret",
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

    url: Annotated[str, msgspec.Meta(pattern="^https?://[^/?#]+[^?#]*$"), field(URL, url=True)]
    consumer_key: Annotated[str, msgspec.Meta(pattern="^(ck_[0-9a-f]{40})?$"), field(KEY, hidden=True)] = ""
    consumer_secret: Annotated[str, msgspec.Meta(pattern="^(cs_[0-9a-f]{40})?$"), field(KEY_SECRET, hidden=True)] = ""
    webhook_secret: Annotated[str, msgspec.Meta(pattern="^[ -~]*$", max_length=200), field(SECRET, hidden=True)] = ""
