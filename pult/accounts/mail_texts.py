"""The few mails Pult writes to its own people, in their five languages."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """A mail; `{name}`, `{url}`, `{what}`, `{when}`, `{address}` are filled in."""

    subject: str
    body: str


RESET = {
    "en": Text(
        "Choose a new password for Pult",
        "Hello {name},\n\nsomebody asked for a new password for your account. Choose one here:\n\n{url}\n\n"
        "The link works once, for one hour. If it was not you, you need not do anything: "
        "your password stays as it is.\n",
    ),
    "sl": Text(
        "Izberite novo geslo za Pult",
        "Pozdravljeni, {name},\n\nnekdo je zaprosil za novo geslo za vaš račun. Izberete ga tukaj:\n\n{url}\n\n"
        "Povezava velja eno uro in deluje enkrat. Če to niste bili vi, vam ni treba storiti ničesar: "
        "vaše geslo ostane nespremenjeno.\n",
    ),
    "hr": Text(
        "Odaberite novu lozinku za Pult",
        "Poštovani, {name},\n\nnetko je zatražio novu lozinku za vaš račun. Odaberite je ovdje:\n\n{url}\n\n"
        "Poveznica vrijedi jedan sat i može se upotrijebiti jednom. Ako to niste bili vi, ne trebate učiniti ništa: "
        "vaša lozinka ostaje ista.\n",
    ),
    "el": Text(
        "Επιλέξτε νέο κωδικό πρόσβασης για το Pult",
        "Γεια σας, {name},\n\nζητήθηκε νέος κωδικός πρόσβασης για τον λογαριασμό σας. Επιλέξτε τον εδώ:\n\n{url}\n\n"
        "Ο σύνδεσμος ισχύει για μία ώρα και λειτουργεί μία φορά. Αν δεν το ζητήσατε εσείς, δεν χρειάζεται να κάνετε "
        "τίποτα: ο κωδικός σας παραμένει ο ίδιος.\n",
    ),
    "pl": Text(
        "Ustaw nowe hasło do Pult",
        "Dzień dobry, {name},\n\notrzymaliśmy prośbę o nowe hasło do Pana/Pani konta. "
        "Można je ustawić tutaj:\n\n{url}\n\n"
        "Link działa raz, przez godzinę. Jeśli prośba nie pochodziła od Pana/Pani, nie trzeba nic robić: "
        "hasło pozostanie bez zmian.\n",
    ),
}

INVITATION = {
    "en": Text(
        "Your account in Pult",
        "Hello {name},\n\nan account in Pult, the customer service of your shop, was made for you. "
        "Choose a password and sign in here:\n\n{url}\n\nThe link works once, for one hour. Later you can ask for "
        "a new one on the sign-in page.\n",
    ),
    "sl": Text(
        "Vaš račun v Pultu",
        "Pozdravljeni, {name},\n\nza vas smo odprli račun v Pultu, sistemu za pomoč strankam vaše trgovine. "
        "Tukaj izberete geslo in se prijavite:\n\n{url}\n\nPovezava velja eno uro in deluje enkrat. Pozneje lahko "
        "na strani za prijavo zaprosite za novo.\n",
    ),
    "hr": Text(
        "Vaš račun u Pultu",
        "Poštovani, {name},\n\notvoren vam je račun u Pultu, sustavu korisničke podrške vaše trgovine. "
        "Ovdje odaberite lozinku i prijavite se:\n\n{url}\n\nPoveznica vrijedi jedan sat i može se upotrijebiti "
        "jednom. Kasnije na stranici za prijavu možete zatražiti novu.\n",
    ),
    "el": Text(
        "Ο λογαριασμός σας στο Pult",
        "Γεια σας, {name},\n\nδημιουργήθηκε για εσάς λογαριασμός στο Pult, το σύστημα εξυπηρέτησης πελατών του "
        "καταστήματός σας. Επιλέξτε κωδικό πρόσβασης και συνδεθείτε εδώ:\n\n{url}\n\nΟ σύνδεσμος ισχύει για μία ώρα "
        "και λειτουργεί μία φορά. Αργότερα μπορείτε να ζητήσετε νέο από τη σελίδα σύνδεσης.\n",
    ),
    "pl": Text(
        "Pana/Pani konto w Pult",
        "Dzień dobry, {name},\n\nutworzyliśmy dla Pana/Pani konto w Pult, systemie obsługi klienta Państwa sklepu. "
        "Hasło można ustawić tutaj, a potem się zalogować:\n\n{url}\n\nLink działa raz, przez godzinę. Później można "
        "poprosić o nowy na stronie logowania.\n",
    ),
}

NOTICE = {
    "en": Text(
        "A change in your Pult account",
        "Hello {name},\n\n{what}\n\nTime: {when}\nAddress: {address}\n\n"
        "If it was not you, please tell your administrator at once.\n",
    ),
    "sl": Text(
        "Sprememba v vašem računu Pult",
        "Pozdravljeni, {name},\n\n{what}\n\nČas: {when}\nNaslov: {address}\n\n"
        "Če to niste bili vi, takoj obvestite svojega skrbnika.\n",
    ),
    "hr": Text(
        "Promjena na vašem računu u Pultu",
        "Poštovani, {name},\n\n{what}\n\nVrijeme: {when}\nAdresa: {address}\n\n"
        "Ako to niste bili vi, odmah obavijestite svojeg administratora.\n",
    ),
    "el": Text(
        "Αλλαγή στον λογαριασμό σας στο Pult",
        "Γεια σας, {name},\n\n{what}\n\nΏρα: {when}\nΔιεύθυνση: {address}\n\n"
        "Αν δεν ήσασταν εσείς, ενημερώστε αμέσως τον διαχειριστή σας.\n",
    ),
    "pl": Text(
        "Zmiana na Pana/Pani koncie w Pult",
        "Dzień dobry, {name},\n\n{what}\n\nCzas: {when}\nAdres: {address}\n\n"
        "Jeśli to nie Pan/Pani, prosimy niezwłocznie powiadomić administratora.\n",
    ),
}

_PASSWORD = {
    "en": "Your password was changed.",
    "sl": "Vaše geslo je bilo spremenjeno.",
    "hr": "Vaša lozinka je promijenjena.",
    "el": "Ο κωδικός πρόσβασής σας άλλαξε.",
    "pl": "Hasło zostało zmienione.",
}

# What allauth tells of, by the name of its template.
WHAT = {
    "account/email/password_changed": _PASSWORD,
    "account/email/password_reset": _PASSWORD,
    "account/email/password_set": _PASSWORD,
    "mfa/email/totp_activated": {
        "en": "Codes from an authenticator app are now asked for when you sign in.",
        "sl": "Ob prijavi boste odslej potrebovali kodo iz aplikacije za preverjanje pristnosti.",
        "hr": "Pri prijavi će se odsad tražiti kôd iz aplikacije za provjeru autentičnosti.",
        "el": "Κατά τη σύνδεση θα ζητείται πλέον κωδικός από την εφαρμογή ελέγχου ταυτότητας.",
        "pl": "Przy logowaniu wymagany jest teraz kod z aplikacji uwierzytelniającej.",
    },
    "mfa/email/totp_deactivated": {
        "en": "Codes from an authenticator app are no longer asked for when you sign in.",
        "sl": "Ob prijavi kode iz aplikacije za preverjanje pristnosti ne potrebujete več.",
        "hr": "Pri prijavi se više ne traži kôd iz aplikacije za provjeru autentičnosti.",
        "el": "Κατά τη σύνδεση δεν ζητείται πλέον κωδικός από την εφαρμογή ελέγχου ταυτότητας.",
        "pl": "Przy logowaniu nie jest już wymagany kod z aplikacji uwierzytelniającej.",
    },
    "mfa/email/webauthn_added": {
        "en": "A passkey was added to your account.",
        "sl": "Vašemu računu je bil dodan ključ za prijavo.",
        "hr": "Vašem računu dodan je pristupni ključ.",
        "el": "Προστέθηκε κλειδί πρόσβασης στον λογαριασμό σας.",
        "pl": "Do konta dodano klucz dostępu.",
    },
    "mfa/email/webauthn_removed": {
        "en": "A passkey was removed from your account.",
        "sl": "Z vašega računa je bil odstranjen ključ za prijavo.",
        "hr": "S vašeg računa uklonjen je pristupni ključ.",
        "el": "Αφαιρέθηκε κλειδί πρόσβασης από τον λογαριασμό σας.",
        "pl": "Z konta usunięto klucz dostępu.",
    },
    "mfa/email/recovery_codes_generated": {
        "en": "New recovery codes were made; the old ones no longer work.",
        "sl": "Ustvarjene so bile nove obnovitvene kode; stare ne veljajo več.",
        "hr": "Izrađeni su novi kodovi za oporavak; stari više ne vrijede.",
        "el": "Δημιουργήθηκαν νέοι κωδικοί ανάκτησης· οι παλιοί δεν ισχύουν πλέον.",
        "pl": "Utworzono nowe kody odzyskiwania; poprzednie już nie działają.",
    },
    "socialaccount/email/account_connected": {
        "en": "Your company sign-in was connected to your account.",
        "sl": "Z vašim računom je bila povezana prijava vašega podjetja.",
        "hr": "S vašim računom povezana je prijava vaše tvrtke.",
        "el": "Η εταιρική σας σύνδεση συνδέθηκε με τον λογαριασμό σας.",
        "pl": "Z kontem połączono logowanie firmowe.",
    },
    "socialaccount/email/account_disconnected": {
        "en": "Your company sign-in was disconnected from your account.",
        "sl": "Prijava vašega podjetja ni več povezana z vašim računom.",
        "hr": "Prijava vaše tvrtke više nije povezana s vašim računom.",
        "el": "Η εταιρική σας σύνδεση αποσυνδέθηκε από τον λογαριασμό σας.",
        "pl": "Logowanie firmowe odłączono od konta.",
    },
}
