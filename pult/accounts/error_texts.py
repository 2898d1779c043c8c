"""What the errors of accounts say, in five languages. `{...}` are filled in."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "taken": {
        "en": "“{value}” is in use already.",
        "sl": "»{value}« je že v uporabi.",
        "hr": "„{value}” je već u upotrebi.",
        "el": "Το «{value}» χρησιμοποιείται ήδη.",
        "pl": "„{value}” jest już w użyciu.",
    },
    "fixed": {
        "en": "This cannot be changed here.",
        "sl": "Tega tukaj ni mogoče spremeniti.",
        "hr": "Ovo se ovdje ne može promijeniti.",
        "el": "Αυτό δεν μπορεί να αλλάξει εδώ.",
        "pl": "Tego nie można tutaj zmienić.",
    },
    "length": {
        "en": "Please enter between 1 and {limit} characters.",
        "sl": "Vnesite od 1 do {limit} znakov.",
        "hr": "Unesite od 1 do {limit} znakova.",
        "el": "Συμπληρώστε από 1 έως {limit} χαρακτήρες.",
        "pl": "Proszę wpisać od 1 do {limit} znaków.",
    },
    "too-long": {
        "en": "Please enter at most {limit} characters.",
        "sl": "Vnesite največ {limit} znakov.",
        "hr": "Unesite najviše {limit} znakova.",
        "el": "Συμπληρώστε έως {limit} χαρακτήρες.",
        "pl": "Proszę wpisać najwyżej {limit} znaków.",
    },
    "variable": {
        "en": "{name} stands for nothing; there are: {known}.",
        "sl": "{name} ne pomeni ničesar; na voljo so: {known}.",
        "hr": "{name} ne znači ništa; postoje: {known}.",
        "el": "Το {name} δεν αντιστοιχεί σε τίποτα· υπάρχουν τα εξής: {known}.",
        "pl": "{name} nic nie oznacza; dostępne są: {known}.",
    },
    "number_shape": {
        "en": "“{name}” is no form of a number: # is a digit, @ a letter, ? either.",
        "sl": "»{name}« ni oblika številke: # je števka, @ črka, ? eno ali drugo.",
        "hr": "„{name}” nije oblik broja: # je znamenka, @ slovo, ? jedno ili drugo.",
        "el": "Το «{name}» δεν είναι μορφή αριθμού: # είναι ψηφίο, @ γράμμα, ? ένα από τα δύο.",
        "pl": "„{name}” nie jest postacią numeru: # to cyfra, @ litera, ? jedno lub drugie.",
    },
    "iban": {
        "en": "“{value}” is not an account number (IBAN).",
        "sl": "»{value}« ni številka računa (IBAN).",
        "hr": "„{value}” nije broj računa (IBAN).",
        "el": "Το «{value}» δεν είναι αριθμός λογαριασμού (IBAN).",
        "pl": "„{value}” nie jest numerem rachunku (IBAN).",
    },
    "logo": {
        "en": "This is no picture of the kinds PNG, JPEG, GIF or WebP, or it has more than {limit} pixels on a side.",
        "sl": "To ni slika vrste PNG, JPEG, GIF ali WebP ali pa ima na eni od stranic več kot {limit} pik.",
        "hr": "Ovo nije slika vrste PNG, JPEG, GIF ili WebP ili na jednoj stranici ima više od {limit} piksela.",
        "el": "Αυτό δεν είναι εικόνα PNG, JPEG, GIF ή WebP ή έχει πάνω από {limit} εικονοστοιχεία σε μία πλευρά.",
        "pl": "To nie jest obraz PNG, JPEG, GIF ani WebP albo ma ponad {limit} pikseli na jednym z boków.",
    },
    "logo-size": {
        "en": "The picture goes with every mail and may have {limit} kB at most.",
        "sl": "Slika gre z vsako pošto in ima lahko največ {limit} kB.",
        "hr": "Slika ide uz svaku poruku i smije imati najviše {limit} kB.",
        "el": "Η εικόνα στέλνεται με κάθε μήνυμα και μπορεί να έχει έως {limit} kB.",
        "pl": "Obraz jest dołączany do każdej wiadomości i może mieć najwyżej {limit} kB.",
    },
    "choice": {
        "en": "Please choose one of these: {choices}.",
        "sl": "Izberite eno od možnosti: {choices}.",
        "hr": "Odaberite jednu od mogućnosti: {choices}.",
        "el": "Επιλέξτε ένα από τα εξής: {choices}.",
        "pl": "Proszę wybrać jedną z możliwości: {choices}.",
    },
    "currency": {
        "en": "The currency is a code of three capital letters, such as EUR.",
        "sl": "Valuta je koda iz treh velikih črk, na primer EUR.",
        "hr": "Valuta je oznaka od tri velika slova, na primjer EUR.",
        "el": "Το νόμισμα είναι κωδικός τριών κεφαλαίων γραμμάτων, π.χ. EUR.",
        "pl": "Waluta to kod z trzech wielkich liter, na przykład EUR.",
    },
    "time-zone": {
        "en": "This time zone is not known; one looks like Europe/Ljubljana.",
        "sl": "Ta časovni pas ni znan; primer je Europe/Ljubljana.",
        "hr": "Ta vremenska zona nije poznata; primjer je Europe/Zagreb.",
        "el": "Αυτή η ζώνη ώρας δεν είναι γνωστή· παράδειγμα: Europe/Athens.",
        "pl": "Ta strefa czasowa nie jest znana; przykład: Europe/Warsaw.",
    },
    "shape": {
        "en": "This value does not have the right form.",
        "sl": "Ta vrednost nima pravilne oblike.",
        "hr": "Ova vrijednost nema ispravan oblik.",
        "el": "Αυτή η τιμή δεν έχει τη σωστή μορφή.",
        "pl": "Ta wartość nie ma właściwej postaci.",
    },
    "unknown": {
        "en": "What was chosen does not exist any more.",
        "sl": "Kar ste izbrali, ne obstaja več.",
        "hr": "Odabrano više ne postoji.",
        "el": "Αυτό που επιλέξατε δεν υπάρχει πλέον.",
        "pl": "Wybrana pozycja już nie istnieje.",
    },
    "email": {
        "en": "This is not an e-mail address.",
        "sl": "To ni e-poštni naslov.",
        "hr": "Ovo nije adresa e-pošte.",
        "el": "Αυτή δεν είναι διεύθυνση e-mail.",
        "pl": "To nie jest adres e-mail.",
    },
    "last-admin": {
        "en": "There has to be at least one active administrator.",
        "sl": "Ostati mora vsaj en aktiven skrbnik.",
        "hr": "Mora ostati barem jedan aktivan administrator.",
        "el": "Πρέπει να υπάρχει τουλάχιστον ένας ενεργός διαχειριστής.",
        "pl": "Musi pozostać co najmniej jeden aktywny administrator.",
    },
    "too-large": {
        "en": "This is too large to be kept.",
        "sl": "To je preveliko za shranjevanje.",
        "hr": "Ovo je preveliko za spremanje.",
        "el": "Αυτό είναι πολύ μεγάλο για να αποθηκευτεί.",
        "pl": "To jest zbyt duże, aby je zapisać.",
    },
    "expired": {
        "en": "This date is past already.",
        "sl": "Ta datum je že minil.",
        "hr": "Ovaj je datum već prošao.",
        "el": "Αυτή η ημερομηνία έχει ήδη παρέλθει.",
        "pl": "Ta data już minęła.",
    },
    "revoked": {
        "en": "This token is revoked already.",
        "sl": "Ta žeton je že preklican.",
        "hr": "Ovaj je token već opozvan.",
        "el": "Αυτό το διακριτικό έχει ήδη ανακληθεί.",
        "pl": "Ten token jest już unieważniony.",
    },
    "skill": {
        "en": "A skill is a channel, a language or a topic, with a name.",
        "sl": "Veščina je kanal, jezik ali tema z imenom.",
        "hr": "Vještina je kanal, jezik ili tema s nazivom.",
        "el": "Η δεξιότητα είναι κανάλι, γλώσσα ή θέμα, με όνομα.",
        "pl": "Umiejętność to kanał, język lub temat, z nazwą.",
    },
    "skill-level": {
        "en": "The level of a skill is from 1 to 5.",
        "sl": "Raven veščine je od 1 do 5.",
        "hr": "Razina vještine je od 1 do 5.",
        "el": "Το επίπεδο δεξιότητας είναι από 1 έως 5.",
        "pl": "Poziom umiejętności wynosi od 1 do 5.",
    },
    "skill-twice": {
        "en": "The same skill is named twice.",
        "sl": "Ista veščina je navedena dvakrat.",
        "hr": "Ista je vještina navedena dvaput.",
        "el": "Η ίδια δεξιότητα αναφέρεται δύο φορές.",
        "pl": "Ta sama umiejętność jest podana dwa razy.",
    },
    "settings": {
        "en": "One of the settings is not right: {what}",
        "sl": "Ena od nastavitev ni pravilna: {what}",
        "hr": "Jedna od postavki nije ispravna: {what}",
        "el": "Μία από τις ρυθμίσεις δεν είναι σωστή: {what}",
        "pl": "Jedno z ustawień jest nieprawidłowe: {what}",
    },
    "url": {
        "en": "This address cannot be called: {what}",
        "sl": "Tega naslova ni mogoče poklicati: {what}",
        "hr": "Ova se adresa ne može pozvati: {what}",
        "el": "Αυτή η διεύθυνση δεν μπορεί να κληθεί: {what}",
        "pl": "Tego adresu nie można wywołać: {what}",
    },
    "url-inner": {
        "en": "{host} is at {address}, inside a private network. The settings HTTP_ALLOW_NETWORKS or HTTP_ALLOW_HOSTS"
        " would have to allow it.",
        "sl": "{host} je na naslovu {address} v zasebnem omrežju. Dovoliti ga mora nastavitev HTTP_ALLOW_NETWORKS ali"
        " HTTP_ALLOW_HOSTS.",
        "hr": "{host} je na adresi {address} u privatnoj mreži. Mora ga dopustiti postavka HTTP_ALLOW_NETWORKS ili"
        " HTTP_ALLOW_HOSTS.",
        "el": "Το {host} βρίσκεται στη διεύθυνση {address}, σε ιδιωτικό δίκτυο. Πρέπει να το επιτρέπει η ρύθμιση"
        " HTTP_ALLOW_NETWORKS ή HTTP_ALLOW_HOSTS.",
        "pl": "{host} ma adres {address} w sieci prywatnej. Musi na to zezwolić ustawienie HTTP_ALLOW_NETWORKS lub"
        " HTTP_ALLOW_HOSTS.",
    },
    "password": {
        "en": "{what}",
        "sl": "{what}",
        "hr": "{what}",
        "el": "{what}",
        "pl": "{what}",
    },
}


def sentence(kind: str, language: str, values: Mapping[str, object]) -> str:
    """Return what an error says in a language, or in English where the language is none of the five."""
    words = TEXTS[kind]
    return words.get(language, words["en"]).format(**values)
