"""The words of the pages that people open from a link, in the five languages."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "over_title": "This link is over",
        "over_text": "The link is not valid any more. Please ask the shop for a new one.",
        "withdraw_title": "Withdraw your consent?",
        "withdraw_text": "You agreed to {purpose} ({store}). You may take that back at any time.",
        "withdraw_button": "Withdraw consent",
        "withdrawn_title": "Your consent is withdrawn",
        "withdrawn_text": "{store} will no longer use your data for {purpose}.",
    },
    "sl": {
        "over_title": "Povezava ni več veljavna",
        "over_text": "Ta povezava ne velja več. Prosimo, prosite trgovino za novo.",
        "withdraw_title": "Želite preklicati privolitev?",
        "withdraw_text": "Privolili ste v {purpose} ({store}). Privolitev lahko kadar koli prekličete.",
        "withdraw_button": "Prekliči privolitev",
        "withdrawn_title": "Vaša privolitev je preklicana",
        "withdrawn_text": "Vaši podatki ({store}) se ne bodo več uporabljali za {purpose}.",
    },
    "hr": {
        "over_title": "Poveznica više ne vrijedi",
        "over_text": "Ova poveznica više nije valjana. Molimo zatražite od trgovine novu.",
        "withdraw_title": "Želite li povući privolu?",
        "withdraw_text": "Dali ste privolu za {purpose} ({store}). Možete je povući u svakom trenutku.",
        "withdraw_button": "Povuci privolu",
        "withdrawn_title": "Vaša je privola povučena",
        "withdrawn_text": "{store} više neće koristiti Vaše podatke za {purpose}.",
    },
    "el": {
        "over_title": "Ο σύνδεσμος έληξε",
        "over_text": "Ο σύνδεσμος δεν ισχύει πλέον. Παρακαλούμε ζητήστε νέο από το κατάστημα.",
        "withdraw_title": "Θέλετε να ανακαλέσετε τη συγκατάθεσή σας;",
        "withdraw_text": "Έχετε δώσει συγκατάθεση για {purpose} ({store}). Μπορείτε να την ανακαλέσετε οποτεδήποτε.",
        "withdraw_button": "Ανάκληση συγκατάθεσης",
        "withdrawn_title": "Η συγκατάθεσή σας ανακλήθηκε",
        "withdrawn_text": "Το κατάστημα {store} δεν θα χρησιμοποιεί πλέον τα δεδομένα σας για {purpose}.",
    },
    "pl": {
        "over_title": "Ten link wygasł",
        "over_text": "Link nie jest już ważny. Proszę poprosić sklep o nowy.",
        "withdraw_title": "Czy chcą Państwo wycofać zgodę?",
        "withdraw_text": "Wyrazili Państwo zgodę na {purpose} ({store}). Można ją wycofać w każdej chwili.",
        "withdraw_button": "Wycofaj zgodę",
        "withdrawn_title": "Zgoda została wycofana",
        "withdrawn_text": "{store} nie będzie już wykorzystywać Państwa danych na potrzeby: {purpose}.",
    },
}
PURPOSES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "email": "offers by e-mail",
        "sms": "offers by text message",
        "phone": "offers by telephone",
        "post": "offers by post",
        "profiling": "the use of what you look at and buy",
    },
    "sl": {
        "email": "ponudbe po e-pošti",
        "sms": "ponudbe po SMS",
        "phone": "ponudbe po telefonu",
        "post": "ponudbe po pošti",
        "profiling": "uporabo podatkov o ogledih in nakupih",
    },
    "hr": {
        "email": "ponude e-poštom",
        "sms": "ponude SMS-om",
        "phone": "ponude telefonom",
        "post": "ponude poštom",
        "profiling": "korištenje podataka o pregledima i kupnjama",
    },
    "el": {
        "email": "προσφορές με e-mail",
        "sms": "προσφορές με SMS",
        "phone": "προσφορές τηλεφωνικά",
        "post": "προσφορές ταχυδρομικά",
        "profiling": "χρήση όσων βλέπετε και αγοράζετε",
    },
    "pl": {
        "email": "oferty e-mailem",
        "sms": "oferty SMS-em",
        "phone": "oferty telefoniczne",
        "post": "oferty pocztą",
        "profiling": "wykorzystanie danych o przeglądanych i kupionych towarach",
    },
}
