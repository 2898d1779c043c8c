"""The sentences of the API's errors, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.translation import get_language_from_request

from pult.accounts.access import Actor

_SENTENCES: Mapping[str, Mapping[str, str]] = {
    "unauthorized": {
        "en": "Please sign in.",
        "sl": "Prosimo, prijavite se.",
        "hr": "Molimo prijavite se.",
        "el": "Παρακαλούμε συνδεθείτε.",
        "pl": "Proszę się zalogować.",
    },
    "csrf": {
        "en": "The page is out of date. Please reload it.",
        "sl": "Stran je zastarela. Prosimo, osvežite jo.",
        "hr": "Stranica je zastarjela. Molimo osvježite je.",
        "el": "Η σελίδα δεν είναι ενημερωμένη. Παρακαλούμε ανανεώστε την.",
        "pl": "Strona jest nieaktualna. Proszę ją odświeżyć.",
    },
    "forbidden": {
        "en": "You may not do this.",
        "sl": "Za to nimate dovoljenja.",
        "hr": "Za ovo nemate ovlasti.",
        "el": "Δεν έχετε δικαίωμα για αυτή την ενέργεια.",
        "pl": "Nie mają Państwo do tego uprawnień.",
    },
    "not-found": {
        "en": "This does not exist, or you may not see it.",
        "sl": "To ne obstaja ali pa vam ni dostopno.",
        "hr": "Ovo ne postoji ili vam nije dostupno.",
        "el": "Αυτό δεν υπάρχει ή δεν έχετε πρόσβαση.",
        "pl": "To nie istnieje lub nie mają Państwo dostępu.",
    },
    "newer-message": {
        "en": "The customer has written again meanwhile.",
        "sl": "Stranka je medtem znova pisala.",
        "hr": "Kupac je u međuvremenu ponovno pisao.",
        "el": "Ο πελάτης έγραψε ξανά στο μεταξύ.",
        "pl": "Klient w międzyczasie napisał ponownie.",
    },
    "version-conflict": {
        "en": "Somebody has changed this meanwhile.",
        "sl": "Nekdo je to medtem spremenil.",
        "hr": "Netko je to u međuvremenu promijenio.",
        "el": "Κάποιος το άλλαξε στο μεταξύ.",
        "pl": "Ktoś to w międzyczasie zmienił.",
    },
    "no-recipient": {
        "en": "The reply has no recipient.",
        "sl": "Odgovor nima prejemnika.",
        "hr": "Odgovor nema primatelja.",
        "el": "Η απάντηση δεν έχει παραλήπτη.",
        "pl": "Odpowiedź nie ma odbiorcy.",
    },
    "too-late": {
        "en": "It is too late: the message has left.",
        "sl": "Prepozno je: sporočilo je že odšlo.",
        "hr": "Prekasno je: poruka je već otišla.",
        "el": "Είναι πλέον αργά: το μήνυμα έχει φύγει.",
        "pl": "Za późno: wiadomość została już wysłana.",
    },
    "invalid": {
        "en": "Some of what was sent is not right.",
        "sl": "Nekaj poslanih podatkov ni pravilnih.",
        "hr": "Neki poslani podaci nisu ispravni.",
        "el": "Κάποια από τα στοιχεία δεν είναι σωστά.",
        "pl": "Niektóre przesłane dane są nieprawidłowe.",
    },
    "unreadable": {
        "en": "The request is not JSON that can be read.",
        "sl": "Zahteva ni berljiv JSON.",
        "hr": "Zahtjev nije čitljiv JSON.",
        "el": "Το αίτημα δεν είναι αναγνώσιμο JSON.",
        "pl": "Żądanie nie jest czytelnym JSON-em.",
    },
    "conflict": {
        "en": "This cannot be done as things are now.",
        "sl": "Tega v trenutnem stanju ni mogoče storiti.",
        "hr": "To u sadašnjem stanju nije moguće.",
        "el": "Αυτό δεν είναι δυνατό αυτή τη στιγμή.",
        "pl": "W obecnym stanie nie można tego zrobić.",
    },
    "merge-refused": {
        "en": "These customers cannot be merged.",
        "sl": "Teh strank ni mogoče združiti.",
        "hr": "Ove kupce nije moguće spojiti.",
        "el": "Αυτοί οι πελάτες δεν μπορούν να συγχωνευτούν.",
        "pl": "Tych klientów nie można połączyć.",
    },
    "act-refused": {
        "en": "The shop does not do this.",
        "sl": "Trgovina tega ne izvede.",
        "hr": "Trgovina to ne izvršava.",
        "el": "Το κατάστημα δεν εκτελεί αυτή την ενέργεια.",
        "pl": "Sklep tego nie wykona.",
    },
    "shop-away": {
        "en": "The shop does not answer just now. Nothing was changed.",
        "sl": "Trgovina trenutno ne odgovarja. Nič ni bilo spremenjeno.",
        "hr": "Trgovina trenutačno ne odgovara. Ništa nije promijenjeno.",
        "el": "Το κατάστημα δεν απαντά αυτή τη στιγμή. Δεν άλλαξε τίποτα.",
        "pl": "Sklep w tej chwili nie odpowiada. Niczego nie zmieniono.",
    },
    "bad-cursor": {
        "en": "The list has changed. Please start again from the top.",
        "sl": "Seznam se je spremenil. Prosimo, začnite znova na vrhu.",
        "hr": "Popis se promijenio. Molimo krenite ponovno od vrha.",
        "el": "Η λίστα άλλαξε. Παρακαλούμε ξεκινήστε ξανά από την αρχή.",
        "pl": "Lista się zmieniła. Proszę zacząć od początku.",
    },
    "original-gone": {
        "en": "The message as it came is not kept any more.",
        "sl": "Sporočilo, kot je prispelo, ni več shranjeno.",
        "hr": "Poruka kakva je stigla više se ne čuva.",
        "el": "Το μήνυμα όπως έφτασε δεν φυλάσσεται πλέον.",
        "pl": "Wiadomość w otrzymanej postaci nie jest już przechowywana.",
    },
    "method-not-allowed": {
        "en": "This address does not know this method.",
        "sl": "Ta naslov ne pozna te metode.",
        "hr": "Ova adresa ne poznaje tu metodu.",
        "el": "Αυτή η διεύθυνση δεν υποστηρίζει αυτή τη μέθοδο.",
        "pl": "Ten adres nie obsługuje tej metody.",
    },
    "too-large": {
        "en": "The file is too large.",
        "sl": "Datoteka je prevelika.",
        "hr": "Datoteka je prevelika.",
        "el": "Το αρχείο είναι πολύ μεγάλο.",
        "pl": "Plik jest za duży.",
    },
    "key-reused": {
        "en": "This idempotency key was used for a different request.",
        "sl": "Ta ključ idempotentnosti je bil uporabljen za drugo zahtevo.",
        "hr": "Ovaj ključ idempotentnosti korišten je za drugi zahtjev.",
        "el": "Αυτό το κλειδί ταυτοδυναμίας χρησιμοποιήθηκε για άλλο αίτημα.",
        "pl": "Ten klucz idempotencji został użyty do innego żądania.",
    },
    "in-progress": {
        "en": "The same request is being worked on. Please try again in a moment.",
        "sl": "Ista zahteva je že v obdelavi. Poskusite znova čez trenutek.",
        "hr": "Isti zahtjev se već obrađuje. Pokušajte ponovno za trenutak.",
        "el": "Το ίδιο αίτημα βρίσκεται σε επεξεργασία. Δοκιμάστε ξανά σε λίγο.",
        "pl": "To samo żądanie jest właśnie przetwarzane. Proszę spróbować za chwilę.",
    },
    "http": {
        "en": "The request could not be answered.",
        "sl": "Na zahtevo ni bilo mogoče odgovoriti.",
        "hr": "Na zahtjev nije bilo moguće odgovoriti.",
        "el": "Δεν ήταν δυνατή η απάντηση στο αίτημα.",
        "pl": "Nie można było odpowiedzieć na żądanie.",
    },
}


def language_of(request: HttpRequest) -> str:
    """Return the language of the person who asks, or the one the browser prefers while nobody is signed in."""
    actor = getattr(request, "auth", None)
    return actor.language if isinstance(actor, Actor) else get_language_from_request(request)


def sentence(kind: str, request: HttpRequest) -> str:
    """Return the sentence for a kind of problem in the reader's language."""
    words = _SENTENCES.get(kind, _SENTENCES["http"])
    return words.get(language_of(request), words["en"])
