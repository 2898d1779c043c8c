"""What an admin sets for a shop of Shopify."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pult.platform.labels import Words, field

URL = Words(
    sl="Naslov trgovine pri Shopify (https://ime.myshopify.com)",
    hr="Adresa trgovine kod Shopifyja (https://ime.myshopify.com)",
    el="Διεύθυνση του καταστήματος στο Shopify (https://onoma.myshopify.com)",
    pl="Adres sklepu w Shopify (https://nazwa.myshopify.com)",
    en="Address of the shop at Shopify (https://name.myshopify.com)",
)
TOKEN = Words(
    sl="Dostopni žeton aplikacije (Admin API access token)",
    hr="Pristupni token aplikacije (Admin API access token)",
    el="Διακριτικό πρόσβασης της εφαρμογής (Admin API access token)",
    pl="Token dostępu aplikacji (Admin API access token)",
    en="Admin API access token of the app",
)
SECRET = Words(
    sl="Skrivnost aplikacije, s katero so podpisana obvestila (API secret key)",
    hr="Tajna aplikacije kojom su potpisane obavijesti (API secret key)",
    el="Μυστικό της εφαρμογής με το οποίο υπογράφονται οι ειδοποιήσεις (API secret key)",
    pl="Sekret aplikacji, którym podpisane są powiadomienia (API secret key)",
    en="API secret key of the app, which signs its notices",
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one shop."""

    url: Annotated[str, msgspec.Meta(pattern="^https?://[^/?#]+/?$"), field(URL, url=True)]
    token: Annotated[str, msgspec.Meta(pattern="^[!-~]*$"), field(TOKEN, hidden=True)] = ""
    webhook_secret: Annotated[str, msgspec.Meta(pattern="^[!-~]*$", max_length=200), field(SECRET, hidden=True)] = ""
