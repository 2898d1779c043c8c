"""What the demo shop's pages say, in five languages."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "demo": "This shop is invented. Nobody sells anything here; the chat is real.",
        "goods": "All goods",
        "add": "Add to basket",
        "basket": "Basket",
        "empty": "Your basket is empty.",
        "back": "Back to all goods",
        "no_chat": "The chat of this shop is switched off.",
        "about": "Ask about it in the chat: if you allow it, the person at the desk sees which page you look at.",
    },
    "sl": {
        "demo": "Ta trgovina je izmišljena. Tu nihče ničesar ne prodaja; klepet je pravi.",
        "goods": "Vsi izdelki",
        "add": "Dodaj v košarico",
        "basket": "Košarica",
        "empty": "Vaša košarica je prazna.",
        "back": "Nazaj na vse izdelke",
        "no_chat": "Klepet te trgovine je izklopljen.",
        "about": "Vprašajte v klepetu: če dovolite, agent vidi, katero stran gledate.",
    },
    "hr": {
        "demo": "Ova je trgovina izmišljena. Ovdje nitko ništa ne prodaje; chat je pravi.",
        "goods": "Svi proizvodi",
        "add": "Dodaj u košaricu",
        "basket": "Košarica",
        "empty": "Vaša je košarica prazna.",
        "back": "Natrag na sve proizvode",
        "no_chat": "Chat ove trgovine je isključen.",
        "about": "Pitajte u chatu: ako dopustite, agent vidi koju stranicu gledate.",
    },
    "el": {
        "demo": "Αυτό το κατάστημα είναι επινοημένο. Εδώ δεν πωλείται τίποτα· η συνομιλία είναι αληθινή.",
        "goods": "Όλα τα προϊόντα",
        "add": "Προσθήκη στο καλάθι",
        "basket": "Καλάθι",
        "empty": "Το καλάθι σας είναι άδειο.",
        "back": "Πίσω σε όλα τα προϊόντα",
        "no_chat": "Η συνομιλία αυτού του καταστήματος είναι απενεργοποιημένη.",
        "about": "Ρωτήστε στη συνομιλία: αν το επιτρέψετε, ο εκπρόσωπος βλέπει ποια σελίδα κοιτάζετε.",
    },
    "pl": {
        "demo": "Ten sklep jest zmyślony. Nikt tu niczego nie sprzedaje; czat jest prawdziwy.",
        "goods": "Wszystkie produkty",
        "add": "Dodaj do koszyka",
        "basket": "Koszyk",
        "empty": "Koszyk jest pusty.",
        "back": "Wróć do wszystkich produktów",
        "no_chat": "Czat tego sklepu jest wyłączony.",
        "about": "Proszę zapytać na czacie: za Państwa zgodą konsultant widzi oglądaną stronę.",
    },
}
