"""What an admin sets for a mailbox. The settings form is made from these fields (see pult.channels.forms)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pult.platform.labels import Words, field

Tls = Literal["tls", "starttls", "none"]
Port = Annotated[int, Meta(ge=1, le=65535)]

RECEIVING = Words(
    sl="Prejemanje pošte", hr="Primanje pošte", el="Λήψη αλληλογραφίας", pl="Odbieranie poczty", en="Receiving mail"
)
SERVER = Words(sl="Strežnik {}", hr="Poslužitelj {}", el="Διακομιστής {}", pl="Serwer {}", en="{} server")
PORT = Words(sl="Vrata {}", hr="Port {}", el="Θύρα {}", pl="Port {}", en="{} port")
ENCRYPTION = Words(
    sl="Šifriranje {}", hr="Šifriranje {}", el="Κρυπτογράφηση {}", pl="Szyfrowanie {}", en="{} encryption"
)
USER = Words(
    sl="Uporabniško ime {}", hr="Korisničko ime {}", el="Όνομα χρήστη {}", pl="Nazwa użytkownika {}", en="{} user name"
)
PASSWORD = Words(sl="Geslo {}", hr="Lozinka {}", el="Κωδικός {}", pl="Hasło {}", en="{} password")
IMAP_FOLDER = Words(sl="Mapa", hr="Mapa", el="Φάκελος", pl="Folder", en="Folder")
IMAP_AFTER = Words(
    sl="Prenesena sporočila na strežniku",
    hr="Preuzete poruke na poslužitelju",
    el="Τα μηνύματα στον διακομιστή μετά τη λήψη",
    pl="Pobrane wiadomości na serwerze",
    en="Fetched mails on the server",
)
IMAP_MOVE_TO = Words(
    sl="Premakni v mapo",
    hr="Premjesti u mapu",
    el="Μετακίνηση στον φάκελο",
    pl="Przenieś do folderu",
    en="Move to folder",
)
IMAP_HISTORY_DAYS = Words(
    sl="Ob prvem povezovanju prenesi zadnjih (dni)",
    hr="Pri prvom povezivanju preuzmi posljednjih (dana)",
    el="Στην πρώτη σύνδεση λήψη των τελευταίων (ημέρες)",
    pl="Przy pierwszym połączeniu pobierz z ostatnich (dni)",
    en="On first connection fetch the last (days)",
)
AUTHSERV_ID = Words(
    sl="Strežnik, ki preveri pošiljatelje (authserv-id)",
    hr="Poslužitelj koji provjerava pošiljatelje (authserv-id)",
    el="Διακομιστής που ελέγχει τους αποστολείς (authserv-id)",
    pl="Serwer, który sprawdza nadawców (authserv-id)",
    en="Server that checks senders (authserv-id)",
)
AUTHSERV_HOPS = Words(
    sl="Največ vrstic Received nad njegovo glavo",
    hr="Najviše redaka Received iznad njegova zaglavlja",
    el="Το πολύ γραμμές Received πάνω από την κεφαλίδα του",
    pl="Najwięcej wierszy Received nad jego nagłówkiem",
    en="At most so many Received lines above its header",
)
ARC_SEALERS = Words(
    sl="Posredniki, ki jim zaupate (domene ARC)",
    hr="Prosljeđivači kojima vjerujete (domene ARC)",
    el="Προωθητές που εμπιστεύεστε (τομείς ARC)",
    pl="Zaufani pośrednicy (domeny ARC)",
    en="Forwarders you trust (ARC domains)",
)
RSPAMD_URL = Words(
    sl="Naslov krmilnika rspamd (http://...:11334)",
    hr="Adresa upravljača rspamd (http://...:11334)",
    el="Διεύθυνση του ελεγκτή rspamd (http://...:11334)",
    pl="Adres kontrolera rspamd (http://...:11334)",
    en="Address of rspamd's controller (http://...:11334)",
)
SENDING = Words(sl="Pošiljanje", hr="Slanje", el="Αποστολή", pl="Wysyłanie", en="Sending")
VERIFY_CERTIFICATES = Words(
    sl="Preverjaj potrdila strežnikov",
    hr="Provjeravaj certifikate poslužitelja",
    el="Έλεγχος πιστοποιητικών διακομιστή",
    pl="Sprawdzaj certyfikaty serwerów",
    en="Verify server certificates",
)
SENDER_NAME = Words(
    sl="Ime pošiljatelja", hr="Ime pošiljatelja", el="Όνομα αποστολέα", pl="Nazwa nadawcy", en="Sender name"
)
BOUNCE_ADDRESS = Words(
    sl="Naslov za zavrnjeno pošto",
    hr="Adresa za odbijenu poštu",
    el="Διεύθυνση για ανεπίδοτα",
    pl="Adres dla zwrotów",
    en="Bounce address",
)
NUMBER_IN_SUBJECT = Words(
    sl="Številka pogovora v zadevi odgovorov",
    hr="Broj razgovora u predmetu odgovora",
    el="Αριθμός συνομιλίας στο θέμα των απαντήσεων",
    pl="Numer rozmowy w temacie odpowiedzi",
    en="Conversation number in the subject of replies",
)
QUOTE_HISTORY = Words(
    sl="V odgovoru navedi strankino sporočilo",
    hr="U odgovoru citiraj kupčevu poruku",
    el="Παράθεση του μηνύματος του πελάτη στις απαντήσεις",
    pl="Cytuj wiadomość klienta w odpowiedziach",
    en="Quote the customer's message in replies",
)
DKIM_DOMAIN = Words(sl="Domena DKIM", hr="Domena DKIM", el="Τομέας DKIM", pl="Domena DKIM", en="DKIM domain")
DKIM_SELECTOR = Words(
    sl="Selektor DKIM", hr="Selektor DKIM", el="Επιλογέας DKIM", pl="Selektor DKIM", en="DKIM selector"
)
DKIM_KEY = Words(
    sl="Zasebni ključ DKIM (PEM)",
    hr="Privatni ključ DKIM (PEM)",
    el="Ιδιωτικό κλειδί DKIM (PEM)",
    pl="Klucz prywatny DKIM (PEM)",
    en="DKIM private key (PEM)",
)
PROVIDER = Words(sl="Ponudnik", hr="Pružatelj usluge", el="Πάροχος", pl="Dostawca", en="Provider")
PROVIDER_KEY = Words(
    sl="Ključ API ponudnika",
    hr="API ključ pružatelja usluge",
    el="Κλειδί API του παρόχου",
    pl="Klucz API dostawcy",
    en="Provider API key",
)
PROVIDER_OPTIONS = Words(
    sl="Druge nastavitve ponudnika",
    hr="Ostale postavke pružatelja usluge",
    el="Άλλες ρυθμίσεις του παρόχου",
    pl="Inne ustawienia dostawcy",
    en="Other provider settings",
)
WEBHOOK_SECRET = Words(
    sl="Skrivnost za podpis webhooka",
    hr="Tajna za potpis webhooka",
    el="Μυστικό υπογραφής webhook",
    pl="Klucz do podpisu webhooka",
    en="Webhook signing secret",
)
DIRECTLY = Words(
    sl="Neposredno (SMTP, LMTP)",
    hr="Izravno (SMTP, LMTP)",
    el="Απευθείας (SMTP, LMTP)",
    pl="Bezpośrednio (SMTP, LMTP)",
    en="Directly (SMTP, LMTP)",
)
FROM_MAILBOX = Words(
    sl="Iz nabiralnika (IMAP)",
    hr="Iz sandučića (IMAP)",
    el="Από γραμματοκιβώτιο (IMAP)",
    pl="Ze skrzynki (IMAP)",
    en="From a mailbox (IMAP)",
)
THROUGH_PROVIDER = Words(
    sl="Prek ponudnika", hr="Putem pružatelja usluge", el="Μέσω παρόχου", pl="Przez dostawcę", en="Through a provider"
)
KEEP = Words(
    sl="Pusti nespremenjena",
    hr="Ostavi nepromijenjene",
    el="Να μείνουν ως έχουν",
    pl="Pozostaw bez zmian",
    en="Leave as they are",
)
MARK_READ = Words(
    sl="Označi kot prebrana",
    hr="Označi kao pročitane",
    el="Σήμανση ως αναγνωσμένα",
    pl="Oznacz jako przeczytane",
    en="Mark as read",
)
MOVE = Words(
    sl="Premakni v drugo mapo",
    hr="Premjesti u drugu mapu",
    el="Μετακίνηση σε άλλον φάκελο",
    pl="Przenieś do innego folderu",
    en="Move to another folder",
)
STORE = Words(sl="Trgovina", hr="Trgovina", el="Κατάστημα", pl="Sklep", en="Store")
AGENT = Words(sl="Svetovalec", hr="Agent", el="Εκπρόσωπος", pl="Konsultant", en="Agent")
AGENT_AND_STORE = Words(
    sl="Svetovalec in trgovina",
    hr="Agent i trgovina",
    el="Εκπρόσωπος και κατάστημα",
    pl="Konsultant i sklep",
    en="Agent and store",
)
AUTOMATIC = Words(sl="Samodejno", hr="Automatski", el="Αυτόματα", pl="Automatycznie", en="Automatic")
SIGNED = Words(
    sl="Podpisan (naslov+oznaka@)",
    hr="Potpisana (adresa+oznaka@)",
    el="Υπογεγραμμένη (διεύθυνση+ετικέτα@)",
    pl="Podpisany (adres+znacznik@)",
    en="Signed (address+tag@)",
)
OWN_ADDRESS = Words(
    sl="Naslov nabiralnika",
    hr="Adresa pretinca",
    el="Η διεύθυνση του γραμματοκιβωτίου",
    pl="Adres skrzynki",
    en="The mailbox's address",
)
NONE = Words(sl="Brez", hr="Bez", el="Χωρίς", pl="Brak", en="None")


class Settings(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Settings of one mailbox."""

    receive: Annotated[Literal["smtp", "imap", "provider"], field(RECEIVING)] = "smtp"
    imap_host: Annotated[str, field(SERVER.of("IMAP"), when="receive=imap")] = ""
    imap_port: Annotated[Port, field(PORT.of("IMAP"), when="receive=imap")] = 993
    imap_tls: Annotated[Tls, field(ENCRYPTION.of("IMAP"), when="receive=imap")] = "tls"
    imap_user: Annotated[str, field(USER.of("IMAP"), when="receive=imap")] = ""
    imap_password: Annotated[str, field(PASSWORD.of("IMAP"), when="receive=imap", hidden=True)] = ""
    imap_folder: Annotated[str, field(IMAP_FOLDER, when="receive=imap")] = "INBOX"
    imap_after: Annotated[Literal["keep", "seen", "move"], field(IMAP_AFTER, when="receive=imap")] = "keep"
    imap_move_to: Annotated[str, field(IMAP_MOVE_TO, when="imap_after=move")] = ""
    imap_history_days: Annotated[int, Meta(ge=0, le=3650), field(IMAP_HISTORY_DAYS, when="receive=imap")] = 0
    authserv_id: Annotated[str, Meta(max_length=255), field(AUTHSERV_ID)] = ""
    authserv_hops: Annotated[int, Meta(ge=0, le=20), field(AUTHSERV_HOPS)] = 1
    arc_sealers: Annotated[str, Meta(max_length=2000), field(ARC_SEALERS, when="receive=smtp")] = ""
    rspamd_url: Annotated[str, Meta(max_length=500), field(RSPAMD_URL, url=True)] = ""
    rspamd_password: Annotated[str, field(PASSWORD.of("rspamd"), hidden=True)] = ""
    send: Annotated[Literal["smtp", "provider"], field(SENDING)] = "smtp"
    smtp_host: Annotated[str, field(SERVER.of("SMTP"), when="send=smtp")] = ""
    smtp_port: Annotated[Port, field(PORT.of("SMTP"), when="send=smtp")] = 587
    smtp_tls: Annotated[Tls, field(ENCRYPTION.of("SMTP"), when="send=smtp")] = "starttls"
    smtp_user: Annotated[str, field(USER.of("SMTP"), when="send=smtp")] = ""
    smtp_password: Annotated[str, field(PASSWORD.of("SMTP"), when="send=smtp", hidden=True)] = ""
    verify_certificates: Annotated[bool, field(VERIFY_CERTIFICATES)] = True
    sender_name: Annotated[Literal["store", "agent", "agent_store"], field(SENDER_NAME)] = "agent_store"
    number_in_subject: Annotated[bool, field(NUMBER_IN_SUBJECT)] = False
    quote_history: Annotated[bool, field(QUOTE_HISTORY)] = True
    bounce_address: Annotated[Literal["auto", "signed", "plain"], field(BOUNCE_ADDRESS)] = "auto"
    dkim_domain: Annotated[str, field(DKIM_DOMAIN)] = ""
    dkim_selector: Annotated[str, field(DKIM_SELECTOR)] = ""
    dkim_key: Annotated[str, field(DKIM_KEY, hidden=True)] = ""
    provider: Annotated[
        Literal["", "mailgun", "postmark", "brevo", "mailjet", "resend", "mandrill", "sparkpost"], field(PROVIDER)
    ] = ""
    provider_key: Annotated[str, field(PROVIDER_KEY, hidden=True)] = ""
    provider_options: Annotated[dict[str, str], field(PROVIDER_OPTIONS, hidden=True)] = {}
    webhook_secret: Annotated[str, field(WEBHOOK_SECRET, hidden=True)] = ""


CHOICES: dict[str, dict[str, Words]] = {
    "receive": {"smtp": DIRECTLY, "imap": FROM_MAILBOX, "provider": THROUGH_PROVIDER},
    "send": {"smtp": SERVER.of("SMTP"), "provider": THROUGH_PROVIDER},
    "imap_after": {"keep": KEEP, "seen": MARK_READ, "move": MOVE},
    "sender_name": {"store": STORE, "agent": AGENT, "agent_store": AGENT_AND_STORE},
    "bounce_address": {"auto": AUTOMATIC, "signed": SIGNED, "plain": OWN_ADDRESS},
    "imap_tls": {"none": NONE},
    "smtp_tls": {"none": NONE},
    "provider": {"": NONE},
}
"""Words for the values of choice fields; a value without an entry is shown as it is (a protocol, a name)."""

NAMES = {"tls": "TLS", "starttls": "STARTTLS"}


def read(values: Mapping[str, Any]) -> Settings:
    """Type an inbox's settings; keys of newer or older versions are passed over. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(values), Settings)
