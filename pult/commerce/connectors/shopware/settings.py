"""What an admin sets for a shop of Shopware 6."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pult.platform.labels import Words, field

BASE_URL = Words(
    sl="Naslov trgovine (brez /api in /admin)",
    hr="Adresa trgovine (bez /api i /admin)",
    el="Διεύθυνση του καταστήματος (χωρίς /api και /admin)",
    pl="Adres sklepu (bez /api i /admin)",
    en="Address of the shop (without /api and /admin)",
)
CLIENT_ID = Words(
    sl="ID dostopnega ključa integracije",
    hr="ID pristupnog ključa integracije",
    el="Αναγνωριστικό κλειδιού πρόσβασης της ενσωμάτωσης",
    pl="Identyfikator klucza dostępu integracji",
    en="Access key ID of the integration",
)
CLIENT_SECRET = Words(
    sl="Skrivni dostopni ključ integracije",
    hr="Tajni pristupni ključ integracije",
    el="Μυστικό κλειδί πρόσβασης της ενσωμάτωσης",
    pl="Tajny klucz dostępu integracji",
    en="Secret access key of the integration",
)
SHOP_SECRET = Words(
    sl="Skrivnost trgovine, s katero podpisuje obvestila vaše aplikacije",
    hr="Tajna trgovine kojom potpisuje obavijesti vaše aplikacije",
    el="Μυστικό του καταστήματος με το οποίο υπογράφει τις ειδοποιήσεις της εφαρμογής σας",
    pl="Sekret sklepu, którym podpisuje powiadomienia Państwa aplikacji",
    en="Shop secret with which the notices of your app are signed",
)
SALES_CHANNEL = Words(
    sl="ID prodajnega kanala, v katerem se ustvarijo kode in računi",
    hr="ID prodajnog kanala u kojem se stvaraju kodovi i računi",
    el="Αναγνωριστικό του καναλιού πωλήσεων όπου δημιουργούνται κωδικοί και λογαριασμοί",
    pl="Identyfikator kanału sprzedaży, w którym powstają kody i konta",
    en="ID of the sales channel in which codes and accounts are made",
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one shop."""

    base_url: Annotated[str, msgspec.Meta(pattern="^https?://[^/?#]+[^?#]*$"), field(BASE_URL, url=True)]
    client_id: Annotated[str, msgspec.Meta(pattern="^[!-~]+$"), field(CLIENT_ID)]
    client_secret: Annotated[str, msgspec.Meta(pattern="^[!-~]+$"), field(CLIENT_SECRET, hidden=True)]
    webhook_secret: Annotated[str, field(SHOP_SECRET, hidden=True)] = ""
    sales_channel: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$"), field(SALES_CHANNEL)] = ""
