"""What an admin sets for a shop of Vendure."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pult.platform.labels import Words, field

API_URL = Words(
    sl="Naslov skrbniškega vmesnika (Admin API)",
    hr="Adresa administratorskog sučelja (Admin API)",
    el="Διεύθυνση της διεπαφής διαχείρισης (Admin API)",
    pl="Adres interfejsu administracyjnego (Admin API)",
    en="Address of the Admin API",
)
API_KEY = Words(
    sl="Ključ API (od Vendure 3.6 naprej)",
    hr="API ključ (od verzije Vendure 3.6)",
    el="Κλειδί API (από το Vendure 3.6 και μετά)",
    pl="Klucz API (od Vendure 3.6)",
    en="API key (from Vendure 3.6 on)",
)
USERNAME = Words(
    sl="Uporabniško ime skrbnika, kjer ni ključa",
    hr="Korisničko ime administratora, ako nema ključa",
    el="Όνομα χρήστη διαχειριστή, όπου δεν υπάρχει κλειδί",
    pl="Nazwa użytkownika administratora, jeżeli nie ma klucza",
    en="User name of an administrator, where there is no key",
)
PASSWORD = Words(
    sl="Geslo skrbnika",
    hr="Lozinka administratora",
    el="Κωδικός πρόσβασης διαχειριστή",
    pl="Hasło administratora",
    en="Password of the administrator",
)
CHANNEL = Words(
    sl="Žeton prodajnega kanala (prazno: privzeti kanal)",
    hr="Token prodajnog kanala (prazno: zadani kanal)",
    el="Διακριτικό του καναλιού πωλήσεων (κενό: το προεπιλεγμένο κανάλι)",
    pl="Token kanału sprzedaży (puste: kanał domyślny)",
    en="Token of the sales channel (empty: the default channel)",
)
PRODUCT_URL = Words(
    sl="Naslov strani izdelka v trgovini; {slug} in {id} se zamenjata",
    hr="Adresa stranice proizvoda u trgovini; {slug} i {id} se zamjenjuju",
    el="Διεύθυνση της σελίδας προϊόντος· τα {slug} και {id} αντικαθίστανται",
    pl="Adres strony produktu w sklepie; {slug} i {id} są zastępowane",
    en="Address of a product's page in the shop; {slug} and {id} are replaced",
)
PAY_URL = Words(
    sl="Naslov, na katerem kupec plača pripravljeno naročilo; {code} in {id} se zamenjata",
    hr="Adresa na kojoj kupac plaća pripremljenu narudžbu; {code} i {id} se zamjenjuju",
    el="Διεύθυνση όπου ο πελάτης πληρώνει μια έτοιμη παραγγελία· τα {code} και {id} αντικαθίστανται",
    pl="Adres, pod którym kupujący płaci za przygotowane zamówienie; {code} i {id} są zastępowane",
    en="Address at which a buyer pays an order that was prepared; {code} and {id} are replaced",
)
SECRET = Words(
    sl="Skrivnost, s katero vtičnik podpisuje obvestila",
    hr="Tajna kojom dodatak potpisuje obavijesti",
    el="Μυστικό με το οποίο το πρόσθετο υπογράφει τις ειδοποιήσεις",
    pl="Sekret, którym wtyczka podpisuje powiadomienia",
    en="Secret with which the plugin signs its notices",
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one shop: a key, or a name and a password."""

    api_url: Annotated[str, msgspec.Meta(pattern="^https?://[^/?#]+[^?#]*$"), field(API_URL, url=True)]
    api_key: Annotated[str, msgspec.Meta(pattern="^[!-~]*$"), field(API_KEY, hidden=True)] = ""
    username: Annotated[str, field(USERNAME)] = ""
    password: Annotated[str, field(PASSWORD, hidden=True)] = ""
    channel: Annotated[str, msgspec.Meta(pattern="^[!-~]*$"), field(CHANNEL)] = ""
    product_url: Annotated[str, msgspec.Meta(pattern="^(https?://[^ ]+)?$"), field(PRODUCT_URL)] = ""
    pay_url: Annotated[str, msgspec.Meta(pattern="^(https?://[^ ]+)?$"), field(PAY_URL)] = ""
    webhook_secret: Annotated[
        str, msgspec.Meta(pattern="^(whsec_[A-Za-z0-9+/]{32,88}={0,2})?$"), field(SECRET, hidden=True)
    ] = ""
