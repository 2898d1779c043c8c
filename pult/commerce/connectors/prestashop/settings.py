"""What an admin sets for a shop of PrestaShop."""

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
    sl="Ključ spletne storitve (Webservice)",
    hr="Ključ web-usluge (Webservice)",
    el="Κλειδί της υπηρεσίας web (Webservice)",
    pl="Klucz usługi sieciowej (Webservice)",
    en="Webservice key",
)
CANCELLED = Words(
    sl="Številka stanja »preklicano«",
    hr="Broj stanja „otkazano”",
    el="Αριθμός της κατάστασης «ακυρώθηκε»",
    pl="Numer stanu „anulowane”",
    en="Number of the state 'cancelled'",
)
REFUNDED = Words(
    sl="Številka stanja »vrnjeno plačilo«",
    hr="Broj stanja „vraćen novac”",
    el="Αριθμός της κατάστασης «επιστροφή χρημάτων»",
    pl="Numer stanu „zwrot pieniędzy”",
    en="Number of the state 'refunded'",
)
FAILED = Words(
    sl="Številka stanja »napaka pri plačilu«",
    hr="Broj stanja „greška pri plaćanju”",
    el="Αριθμός της κατάστασης «σφάλμα πληρωμής»",
    pl="Numer stanu „błąd płatności”",
    en="Number of the state 'payment error'",
)
DELIVERED = Words(
    sl="Številka stanja »dostavljeno«",
    hr="Broj stanja „dostavljeno”",
    el="Αριθμός της κατάστασης «παραδόθηκε»",
    pl="Numer stanu „dostarczone”",
    en="Number of the state 'delivered'",
)
_State = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one shop. The numbers of the states are those with which PrestaShop is installed."""

    url: Annotated[str, msgspec.Meta(pattern="^https?://[^/?#]+[^?#]*$"), field(URL, url=True)]
    key: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{0,64}$"), field(KEY, hidden=True)] = ""
    cancelled_state: Annotated[_State, field(CANCELLED)] = 6
    refunded_state: Annotated[_State, field(REFUNDED)] = 7
    failed_state: Annotated[_State, field(FAILED)] = 8
    delivered_state: Annotated[_State, field(DELIVERED)] = 5
