"""What an admin sets for a shop of Magento 2, Adobe Commerce or Mage-OS."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pult.platform.labels import Words, field

BASE_URL = Words(
    sl="Naslov trgovine (brez /rest)",
    hr="Adresa trgovine (bez /rest)",
    el="Διεύθυνση του καταστήματος (χωρίς /rest)",
    pl="Adres sklepu (bez /rest)",
    en="Address of the shop (without /rest)",
)
STORE_VIEW = Words(
    sl="Koda pogleda trgovine, katerega cene in besedila veljajo",
    hr="Kod prikaza trgovine čije cijene i tekstovi vrijede",
    el="Κωδικός προβολής καταστήματος του οποίου ισχύουν οι τιμές και τα κείμενα",
    pl="Kod widoku sklepu, którego ceny i teksty obowiązują",
    en="Code of the store view whose prices and texts count",
)
ACCESS_TOKEN = Words(
    sl="Dostopni žeton integracije",
    hr="Pristupni token integracije",
    el="Διακριτικό πρόσβασης της ενσωμάτωσης",
    pl="Token dostępu integracji",
    en="Access token of the integration",
)
TOKEN_SECRET = Words(
    sl="Skrivnost dostopnega žetona (samo za OAuth)",
    hr="Tajna pristupnog tokena (samo za OAuth)",
    el="Μυστικό του διακριτικού πρόσβασης (μόνο για OAuth)",
    pl="Sekret tokenu dostępu (tylko dla OAuth)",
    en="Secret of the access token (for OAuth only)",
)
CONSUMER_KEY = Words(
    sl="Ključ odjemalca (samo za OAuth)",
    hr="Ključ klijenta (samo za OAuth)",
    el="Κλειδί καταναλωτή (μόνο για OAuth)",
    pl="Klucz klienta (tylko dla OAuth)",
    en="Consumer key (for OAuth only)",
)
CONSUMER_SECRET = Words(
    sl="Skrivnost odjemalca (samo za OAuth)",
    hr="Tajna klijenta (samo za OAuth)",
    el="Μυστικό καταναλωτή (μόνο για OAuth)",
    pl="Sekret klienta (tylko dla OAuth)",
    en="Consumer secret (for OAuth only)",
)
_KEY = msgspec.Meta(pattern="^[!-~]*$")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one shop. The access token alone is sent as a bearer's; with the other three, requests are signed."""

    base_url: Annotated[str, msgspec.Meta(pattern="^https?://[^/?#]+[^?#]*$"), field(BASE_URL, url=True)]
    access_token: Annotated[str, msgspec.Meta(pattern="^[!-~]+$"), field(ACCESS_TOKEN, hidden=True)]
    store_view: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]*$"), field(STORE_VIEW)] = "default"
    token_secret: Annotated[str, _KEY, field(TOKEN_SECRET, hidden=True)] = ""
    consumer_key: Annotated[str, _KEY, field(CONSUMER_KEY, hidden=True)] = ""
    consumer_secret: Annotated[str, _KEY, field(CONSUMER_SECRET, hidden=True)] = ""
