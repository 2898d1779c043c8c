"""What an admin sets for the chat of a shop. The settings form is made from these fields (see platform.forms)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pult.platform.labels import Words, field

ORIGINS = Words(
    sl="Strani, na katerih teče klepet (https://www.trgovina.si, ločene s presledkom)",
    hr="Stranice na kojima radi chat (https://www.trgovina.hr, odvojene razmakom)",
    el="Ιστότοποι όπου εμφανίζεται η συνομιλία (https://www.katastima.gr, με κενό ανάμεσα)",
    pl="Strony, na których działa czat (https://www.sklep.pl, oddzielone spacją)",
    en="Sites on which the chat runs (https://www.shop.com, separated by spaces)",
)
COLOUR = Words(
    sl="Barva trgovine (#2456c8)",
    hr="Boja trgovine (#2456c8)",
    el="Χρώμα του καταστήματος (#2456c8)",
    pl="Kolor sklepu (#2456c8)",
    en="Colour of the shop (#2456c8)",
)
GREETING = Words(
    sl="Pozdrav nad prvim sporočilom (prazno: običajni)",
    hr="Pozdrav iznad prve poruke (prazno: uobičajeni)",
    el="Χαιρετισμός πάνω από το πρώτο μήνυμα (κενό: ο συνηθισμένος)",
    pl="Powitanie nad pierwszą wiadomością (puste: zwykłe)",
    en="Greeting above the first message (empty: the usual one)",
)
IDENTITY = Words(
    sl="Skrivnost, s katero trgovina podpiše prijavljene kupce (JWT HS256)",
    hr="Tajna kojom trgovina potpisuje prijavljene kupce (JWT HS256)",
    el="Μυστικό με το οποίο το κατάστημα υπογράφει τους συνδεδεμένους πελάτες (JWT HS256)",
    pl="Sekret, którym sklep podpisuje zalogowanych klientów (JWT HS256)",
    en="Secret with which the shop signs its signed-in customers (JWT HS256)",
)
WATCH_PAGE = Words(
    sl="Agentu pokaži, katero stran kupec gleda (s kupčevo privolitvijo)",
    hr="Agentu prikaži koju stranicu kupac gleda (uz kupčev pristanak)",
    el="Εμφάνιση της σελίδας που βλέπει ο πελάτης (με τη συγκατάθεσή του)",
    pl="Pokazuj agentowi stronę, którą ogląda klient (za jego zgodą)",
    en="Show the agent which page the customer is looking at (with his consent)",
)
WATCH_TYPING = Words(
    sl="Agentu pokaži, kaj kupec piše, še preden pošlje (kupec je o tem obveščen)",
    hr="Agentu prikaži što kupac piše prije slanja (kupac je o tome obaviješten)",
    el="Εμφάνιση όσων γράφει ο πελάτης πριν τα στείλει (ο πελάτης ενημερώνεται)",
    pl="Pokazuj agentowi, co klient pisze przed wysłaniem (klient jest o tym informowany)",
    en="Show the agent what the customer types before sending (the customer is told)",
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one chat. `origins` are the sites on whose pages it may run; Pult's own address always may."""

    origins: Annotated[str, Meta(pattern=r"^(https?://[^\s/]+(\s+https?://[^\s/]+)*)?$"), field(ORIGINS)] = ""
    colour: Annotated[str, Meta(pattern="^(#[0-9a-fA-F]{6})?$"), field(COLOUR)] = ""
    greeting: Annotated[str, Meta(max_length=300), field(GREETING)] = ""
    identity_secret: Annotated[str, Meta(pattern="^([!-~]{32,200})?$"), field(IDENTITY, hidden=True)] = ""
    watch_page: Annotated[bool, field(WATCH_PAGE)] = False
    watch_typing: Annotated[bool, field(WATCH_TYPING)] = False


def read(settings: Mapping[str, Any]) -> Settings:
    """Return an inbox's settings, typed. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(settings), Settings)
