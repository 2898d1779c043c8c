"""The words of the page where a demo's customer pays, in five languages."""

from __future__ import annotations

_TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "explained": "This is the demo's own shop. No money moves, and nobody asks for a card.",
        "order": "Order",
        "pay": "Pay, as the customer would",
        "fail": "Let the payment fail",
        "paid": "Paid. The conversation in Pult says so.",
        "failed": "The payment failed. The conversation in Pult says so.",
        "closed": "There is nothing to pay here (any more).",
        "password": "Here the customer would choose a password.",
    },
    "sl": {
        "explained": "To je lastna trgovina predstavitve. Denar se ne premika in nihče ne sprašuje po kartici.",
        "order": "Naročilo",
        "pay": "Plačaj, kot bi plačala stranka",
        "fail": "Naj plačilo ne uspe",
        "paid": "Plačano. To piše tudi v pogovoru v Pultu.",
        "failed": "Plačilo ni uspelo. To piše tudi v pogovoru v Pultu.",
        "closed": "Tukaj ni (več) česa plačati.",
        "password": "Tukaj bi stranka izbrala geslo.",
    },
    "hr": {
        "explained": "Ovo je vlastita trgovina demonstracije. Novac se ne kreće i nitko ne traži karticu.",
        "order": "Narudžba",
        "pay": "Plati kao što bi kupac",
        "fail": "Neka plaćanje ne uspije",
        "paid": "Plaćeno. To piše i u razgovoru u Pultu.",
        "failed": "Plaćanje nije uspjelo. To piše i u razgovoru u Pultu.",
        "closed": "Ovdje se (više) nema što platiti.",
        "password": "Ovdje bi kupac odabrao lozinku.",
    },
    "el": {
        "explained": "Αυτό είναι το κατάστημα της επίδειξης. Δεν κινούνται χρήματα και κανείς δεν ζητά κάρτα.",
        "order": "Παραγγελία",
        "pay": "Πληρωμή, όπως θα έκανε ο πελάτης",
        "fail": "Να αποτύχει η πληρωμή",
        "paid": "Πληρώθηκε. Το αναφέρει και η συνομιλία στο Pult.",
        "failed": "Η πληρωμή απέτυχε. Το αναφέρει και η συνομιλία στο Pult.",
        "closed": "Δεν υπάρχει (πλέον) κάτι προς πληρωμή εδώ.",
        "password": "Εδώ ο πελάτης θα επέλεγε κωδικό.",
    },
    "pl": {
        "explained": "To własny sklep wersji pokazowej. Żadne pieniądze nie płyną i nikt nie pyta o kartę.",
        "order": "Zamówienie",
        "pay": "Zapłać, jak zrobiłby to klient",
        "fail": "Niech płatność się nie uda",
        "paid": "Zapłacono. Rozmowa w Pulcie to pokazuje.",
        "failed": "Płatność się nie udała. Rozmowa w Pulcie to pokazuje.",
        "closed": "Nie ma tu (już) nic do zapłacenia.",
        "password": "Tutaj klient wybrałby hasło.",
    },
}


def texts(accept_language: str) -> dict[str, str]:
    """Return the words in the first language that the browser asks for and that there is."""
    wanted = (part.strip()[:2].lower() for part in accept_language.split(","))
    language = next((code for code in wanted if code in _TEXTS), "en")
    return {"language": language, **_TEXTS[language]}
