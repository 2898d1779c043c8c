"""What an admin sets for a shop of Saleor."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pult.platform.labels import Words, field

API_URL = Words(
    sl="Naslov API-ja trgovine (konča se z /graphql/)",
    hr="Adresa API-ja trgovine (završava na /graphql/)",
    el="Διεύθυνση του API του καταστήματος (τελειώνει σε /graphql/)",
    pl="Adres API sklepu (kończy się na /graphql/)",
    en="Address of the shop's API (it ends in /graphql/)",
)
TOKEN = Words(
    sl="Žeton aplikacije, ki ste jo v Saleorju ustvarili za Pult",
    hr="Token aplikacije koju ste u Saleoru stvorili za Pult",
    el="Διακριτικό της εφαρμογής που δημιουργήσατε στο Saleor για το Pult",
    pl="Token aplikacji utworzonej w Saleor dla Pulta",
    en="Token of the app that you made for Pult in Saleor",
)
CHANNEL = Words(
    sl="Kanal, katerega cene veljajo (slug)",
    hr="Kanal čije cijene vrijede (slug)",
    el="Κανάλι του οποίου ισχύουν οι τιμές (slug)",
    pl="Kanał, którego ceny obowiązują (slug)",
    en="Channel whose prices count (slug)",
)
SECRET = Words(
    sl="Skrivnost starejših webhookov; prazno, kadar Saleor podpisuje s svojim ključem",
    hr="Tajna starijih webhookova; prazno kada Saleor potpisuje svojim ključem",
    el="Μυστικό παλαιότερων webhook· κενό όταν το Saleor υπογράφει με το δικό του κλειδί",
    pl="Sekret starszych webhooków; puste, gdy Saleor podpisuje własnym kluczem",
    en="Secret of older webhooks; empty where Saleor signs with its own key",
)
PRODUCT_URL = Words(
    sl="Naslov izdelka v spletni trgovini, npr. https://trgovina.example/izdelki/{slug}",
    hr="Adresa proizvoda u web-trgovini, npr. https://trgovina.example/proizvodi/{slug}",
    el="Διεύθυνση προϊόντος στο κατάστημα, π.χ. https://shop.example/products/{slug}",
    pl="Adres produktu w sklepie, np. https://sklep.example/produkty/{slug}",
    en="Address of a product in the storefront, such as https://shop.example/products/{slug}",
)
PAYMENT_URL = Words(
    sl="Naslov, na katerem kupec plača pripravljeno naročilo, npr. https://trgovina.example/placilo/{id}",
    hr="Adresa na kojoj kupac plaća pripremljenu narudžbu, npr. https://trgovina.example/placanje/{id}",
    el="Διεύθυνση όπου ο πελάτης πληρώνει μια έτοιμη παραγγελία, π.χ. https://shop.example/pay/{id}",
    pl="Adres, pod którym klient płaci za przygotowane zamówienie, np. https://sklep.example/platnosc/{id}",
    en="Address at which the buyer pays a prepared order, such as https://shop.example/pay/{id}",
)
PASSWORD_URL = Words(
    sl="Naslov v spletni trgovini, na katerem si novi kupec nastavi geslo",
    hr="Adresa u web-trgovini na kojoj novi kupac postavlja lozinku",
    el="Διεύθυνση στο κατάστημα όπου ο νέος πελάτης ορίζει κωδικό πρόσβασης",
    pl="Adres w sklepie, pod którym nowy klient ustawia hasło",
    en="Address in the storefront at which a new buyer sets a password",
)
DASHBOARD = Words(
    sl="Naslov nadzorne plošče, npr. https://trgovina.example/dashboard",
    hr="Adresa nadzorne ploče, npr. https://trgovina.example/dashboard",
    el="Διεύθυνση του πίνακα διαχείρισης, π.χ. https://shop.example/dashboard",
    pl="Adres panelu, np. https://sklep.example/dashboard",
    en="Address of the dashboard, such as https://shop.example/dashboard",
)
_WEB = "^(https?://[^ ]+)?$"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one shop."""

    api_url: Annotated[str, msgspec.Meta(pattern="^https?://[^/?#]+[^?#]*$"), field(API_URL, url=True)]
    token: Annotated[str, msgspec.Meta(pattern="^[!-~]+$"), field(TOKEN, hidden=True)]
    channel: Annotated[str, msgspec.Meta(pattern="^[-a-zA-Z0-9_]+$"), field(CHANNEL)]
    webhook_secret: Annotated[str, field(SECRET, hidden=True)] = ""
    product_url: Annotated[str, msgspec.Meta(pattern=_WEB), field(PRODUCT_URL)] = ""
    payment_url: Annotated[str, msgspec.Meta(pattern=_WEB), field(PAYMENT_URL)] = ""
    password_url: Annotated[str, msgspec.Meta(pattern=_WEB), field(PASSWORD_URL)] = ""
    dashboard: Annotated[str, msgspec.Meta(pattern=_WEB), field(DASHBOARD)] = ""
