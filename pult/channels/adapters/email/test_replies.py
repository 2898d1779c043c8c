"""What somebody newly wrote is told from what a mail program put below, above or around it, in many languages."""

from __future__ import annotations

import pytest

from pult.channels.adapters.email.parse import html_to_text
from pult.channels.adapters.email.reply import newest

NEW = "Hvala, paket je prišel.\n\nRačuna pa še ni: kdaj ga dobim?\n- po pošti\n- po e-pošti"
HEADINGS = {
    "en Gmail": "On Tue, Nov 3, 2026 at 10:00 AM Shop <desk@shop.example> wrote:",
    "en Gmail, long": "On Tue, Nov 3, 2026 at 10:00 AM A Shop With A Name <\ndesk-of-the-shop@shop.example> wrote:",
    "en Apple": "> On 3 Nov 2026, at 10:00, Shop <desk@shop.example> wrote:",
    "en Thunderbird": "On 11/3/26 10:00 AM, Shop wrote:",
    "en Outlook": "From: Shop <desk@shop.example>\nSent: Tuesday 10 AM\nTo: Me\nSubject: Order",
    "en Outlook, bold": "*From:* Shop [mailto:desk@shop.example]\n*Sent:* Tuesday\n*To:* Me\n*Subject:* Order",
    "en Yahoo": "On Tuesday, November 3, 2026 at 10:00:41 AM GMT+1, Shop <desk@shop.example> wrote:",
    "en Zoho": "---- On Tue, 03 Nov 2026 10:00:50 +0100 desk@shop.example wrote ----",
    "sl Gmail": "V V tor., 3. nov. 2026 ob 10:00 je oseba Trgovina <desk@shop.example> napisala:",
    "sl Gmail, older": "Dne 3. november 2026 10:00 je Trgovina <desk@shop.example> napisal/-a:",
    "sl Apple": "Dne 3. nov. 2026 ob 10:00 je Trgovina <desk@shop.example> napisal:",
    "sl Thunderbird": "Trgovina je dne 3. 11. 2026 ob 10:00 napisal(a):",
    "sl Outlook": "Od: Trgovina <desk@shop.example>\nPoslano: torek\nZa: Jaz\nZadeva: Naročilo",
    "sl Outlook, old": "-----Izvirno sporočilo-----\nOd: Trgovina\nPoslano: torek\nZa: Jaz\nZadeva: Naročilo",
    "hr Gmail": "uto, 3. stu 2026. u 10:00 Trgovina <desk@shop.example> napisao je:",
    "hr Gmail, newer": "Dana uto, 3. stu 2026. u 10:00 Trgovina <desk@shop.example> je napisao/la:",
    "hr Apple": "Dana 3. stu 2026., u 10:00, Trgovina <desk@shop.example> napisao je:",
    "hr Thunderbird": "Dana 3. 11. 2026. u 10:00, Trgovina je napisao/la:",
    "hr Outlook": "Šalje: Trgovina <desk@shop.example>\nPoslano: 3. studenoga 2026.\nPrima: Ja\nPredmet: Narudžba",
    "hr Outlook, web": "Od: Trgovina <desk@shop.example>\nPoslano: 3. studenoga 2026. 10:00\nZa: Ja\nPredmet: Narudžba",
    "sr Gmail": "уто, 3. нов 2026. у 10:00 Продавница <desk@shop.example> је написао/ла:",
    "sr Gmail, Latin": "uto, 3. nov 2026. u 10:00 Prodavnica <desk@shop.example> je napisao/la:",
    "sr Outlook": "Od: Prodavnica <desk@shop.example>\nPoslato: utorak\nZa: Ja\nNaslov: Porudžbina",
    "sr Outlook, Cyrillic": "Од: Продавница <desk@shop.example>\nПослато: уторак\nЗа: Ја\nНаслов: Поруџбина",
    "el Gmail": "Στις Τρί 3 Νοε 2026 στις 10:00 π.μ., ο χρήστης Κατάστημα <desk@shop.example>\nέγραψε:",
    "el Apple": "Στις 3 Νοε 2026, στις 10:00, ο/η Κατάστημα <desk@shop.example> έγραψε:",
    "el Thunderbird": "Στις 3/11/26 10:00, ο/η Κατάστημα έγραψε:",
    "el Outlook": "Από: Κατάστημα <desk@shop.example>\nΣτάλθηκε: Τρίτη\nΠρος: Εμένα\nΘέμα: Παραγγελία",
    "el Outlook, web": "Από: Κατάστημα <desk@shop.example>\nΕστάλη: Τρίτη\nΠρος: Εμένα\nΘέμα: Παραγγελία",
    "pl Gmail": "wt., 3 lis 2026 o 10:00 Sklep <desk@shop.example> napisał(a):",
    "pl Apple": "Wiadomość napisana przez Sklep <desk@shop.example> w dniu 3 lis 2026, o godz. 10:00:",
    "pl Thunderbird": "W dniu 3.11.2026 o 10:00, Sklep pisze:",
    "pl portal": "Dnia 3 listopada 2026 10:00 Sklep <desk@shop.example> napisał(a):",
    "pl Outlook": "Od: Sklep <desk@shop.example>\nWysłano: wtorek\nDo: Ja\nTemat: Zamówienie",
    "de Gmail": "Am Di., 3. Nov. 2026 um 10:00 Uhr schrieb Laden <desk@shop.example>:",
    "de Outlook": "Von: Laden <desk@shop.example>\nGesendet: Dienstag\nAn: Ich\nBetreff: Bestellung",
    "de GMX": "Gesendet: Dienstag, 03. November 2026 um 10:00 Uhr\nVon: Laden <desk@shop.example>\nAn: Ich\nBetreff: x",
    "fr Gmail": "Le mar. 3 nov. 2026 à 10:00, Boutique <desk@shop.example> a écrit :",
    "fr Outlook": "De : Boutique <desk@shop.example>\nEnvoyé : mardi 3 novembre 2026 10:00\nÀ : Moi\nObjet : Commande",
    "it Gmail": "Il giorno mar 3 nov 2026 alle ore 10:00 Negozio <desk@shop.example> ha scritto:",
    "it Outlook": "Da: Negozio <desk@shop.example>\nInviato: martedì 3 novembre 2026 10:00\nA: Me\nOggetto: Ordine",
    "es Gmail": "El mar, 3 nov 2026 a las 10:00, Tienda (<desk@shop.example>) escribió:",
    "pt Gmail": "Loja <desk@shop.example> escreveu (terça, 3/11/2026 à(s) 10:00):",
    "nl Gmail": "Op di 3 nov 2026 om 10:00 schreef Winkel <desk@shop.example>:",
    "da Gmail": "Den tirs. 3. nov. 2026 kl. 10.00 skrev Butik <desk@shop.example>:",
    "sv Gmail": "Den tis 3 nov. 2026 kl 10:00 skrev Butik <desk@shop.example>:",
    "fi Gmail": "ti 3. marraskuuta 2026 klo 10.00 Kauppa (desk@shop.example) kirjoitti:",
    "hu Gmail": "Bolt <desk@shop.example> ezt írta (időpont: 2026. nov. 3., K, 10:00):",
    "cs Gmail": "út 3. 11. 2026 v 10:00 odesílatel Obchod <desk@shop.example> napsal:",
    "sk Gmail": "ut 3. 11. 2026 o 10:00 Obchod <desk@shop.example> napísal(a):",
    "ro Gmail": "În mar., 3 nov. 2026 la 10:00, Magazin <desk@shop.example> a scris:",
    "bg Gmail": "На вт, 3.11.2026 г. в 10:00 Магазин <desk@shop.example> написа:",
    "ru Gmail": "вт, 3 нояб. 2026 г. в 10:00, Магазин <desk@shop.example>:",
    "uk Gmail": "вт, 3 лист. 2026 р. о 10:00 Крамниця <desk@shop.example> пише:",
    "tr Gmail": "Dükkan <desk@shop.example>, 3 Kas 2026 Sal, 10:00 tarihinde şunu yazdı:",
    "Gmail forward": "---------- Forwarded message ---------\nFrom: Shop <desk@shop.example>\nSubject: Order",
    "Apple forward, sl": "Začetek posredovanega sporočila:\n\nOd: Trgovina <desk@shop.example>\nZadeva: Naročilo",
}


WAYS = [(name, quoted) for name in HEADINGS for quoted in (True, False) if quoted or "Thunderbird" not in name]
"""Thunderbird's headings have no address, and it always marks what it quotes."""


@pytest.mark.parametrize(("name", "quoted"), WAYS)
def test_the_heading_of_a_quotation_is_known(name: str, quoted: bool) -> None:
    old = "> Spoštovani,\n>\n> vaš paket je na poti.\n" if quoted else "\nSpoštovani,\n\nvaš paket je na poti.\n"
    assert newest(f"{NEW}\n\n{HEADINGS[name]}\n{old}") == NEW


@pytest.mark.parametrize(
    "text",
    [
        "Od: Ljubljana\nDo: Maribor\nDatum: 3. 11. 2026\nProsim za prevzem paketa.",
        "Vaša agentka mi je 3. 11. 2026 ob 10:00 napisala:\n»paket pride jutri«\nNi ga bilo.",
        "Dne 3. 11. 2026 ob 10:00 je kurir napisal:\nnaslovnika ni bilo doma\nBila sem doma!",
        "On 3 November 2026 at 10:00 your agent wrote:\n'it is on its way'\nbut it never came.",
        "Poslato sa skladišta 3. 5.\n\nGdje je paket?",
        "Sent from the warehouse on Monday\n\nWhere is it?",
        "From: where did you send it?\nTo: whom?\n\nI got nothing.",
        "Naslov: Slovenska 1\nDatum: 3. 11. 2026\nZa: Ana Kovač",
        "Moj odgovor:\n---\nne strinjam se\n---\nLep pozdrav",
        "Questions:\n\n1. When?\n2. Where?\n\nI wrote on 3.11.2026 at 10:00: no answer.",
        "--> pozor\nto ni podpis",
        "Hej\n\n— Ana",
    ],
)
def test_what_people_write_is_never_taken_for_a_program(text: str) -> None:
    assert newest(text) == text


@pytest.mark.parametrize(
    "footer",
    [
        "Sent from my iPhone",
        "Get Outlook for Android<https://aka.ms/AAb9ysg>",
        "Poslano z mojega iPhona",
        "Poslano iz Outlooka za iOS",
        "Poslano s mog iPhonea",
        "Послато са мог телефона",
        "Στάλθηκε από το iPhone μου",
        "Wysłane z iPhone'a",
        "Wysłano z telefonu Samsung Galaxy",
        "Gesendet von meinem Android-Mobiltelefon",
        "Envoyé de mon iPhone",
        "Inviato da iPhone",
        "-- \nŽiga Žagar\nTrgovina d.o.o.",
    ],
)
def test_what_a_program_adds_at_the_end_is_left_out(footer: str) -> None:
    assert newest(f"{NEW}\n\n{footer}") == NEW
    assert newest(f"{NEW}\n\n{footer}\n\n{HEADINGS['sl Gmail']}\n\n> stari\n> tekst") == NEW


def test_answers_inside_a_quotation_keep_what_they_answer() -> None:
    text = (
        f"Pozdravljeni,\n{HEADINGS['sl Apple']}\n> Kdaj ste doma?\n\nPopoldne.\n\n> Na katerem naslovu?\n\n"
        "Slovenska 1.\n\n> Hvala\n> Trgovina"
    )
    reply = newest(text)
    assert reply.startswith("Pozdravljeni,")
    assert reply.endswith("Slovenska 1.")
    assert "Na katerem naslovu?" in reply


def test_an_answer_below_the_quotation_stands_alone() -> None:
    assert newest(f"{HEADINGS['en Gmail']}\n> old\n> older\n\nHere is my answer.") == "Here is my answer."


def test_a_line_broken_by_the_program_belongs_to_the_quotation() -> None:
    broken = f"> {'a quite long line of the shop that some program has broken ' * 2}\nat its end\n> and so on"
    assert newest(f"{NEW}\n\n{HEADINGS['en Gmail']}\n{broken}\n") == NEW


@pytest.mark.parametrize(
    "html",
    [
        '<div>Hvala!</div><div class="gmail_quote"><div>V tor., 3. nov. 2026 ob 10:00 je oseba T &lt;a@b.si&gt; napisa'
        "la:</div><blockquote class='q_quote'>staro<blockquote type='cite'>starejše</blockquote></blockquote></div>",
        "<p>Hvala!</p><p>On 3 Nov 2026, at 10:00, T <a@b.si> wrote:</p><blockquote type=cite><p>staro</p></blockquote>",
        "<p>Hvala!</p><blockquote cite='mid:x' type='cite'>staro</blockquote>",
        "<div>Hvala!</div><hr><div><b>Od:</b> T &lt;a@b.si&gt;<br><b>Poslano:</b> torek<br><b>Za:</b> jaz<br>"
        "<b>Zadeva:</b> x</div><div>staro</div>",
    ],
)
def test_quotations_in_html_are_seen(html: str) -> None:
    assert newest(html_to_text(html)) == "Hvala!"


def test_an_indented_paragraph_in_html_is_no_quotation() -> None:
    assert newest(html_to_text("<p>Glejte:</p><blockquote style='margin:0'>moj naslov</blockquote>")).endswith(
        "moj naslov"
    )


DATES = ("3. 11. 2026", "03/11/2026", "3.11.26", "2026-11-03", "11/3/26", "3.11.2026.", "3. 11. 26", "2026.11.03.")
THUNDERBIRD = (
    "Trgovina je {} ob 10:05 napisal:",
    "Trgovina napisao je {} u 10:05:",
    "Дана {} у 10:05, Продавница пише:",
    "Ο/Η Κατάστημα έγραψε στις {} 10:05:",
    "W dniu {} o 10:05, Sklep pisze:",
    "Laden schrieb am {} um 10:05:",
    "Boutique a écrit le {} à 10:05\xa0:",
    "Negozio ha scritto il {} alle 10:05:",
    "Tienda escribió el {} a las 10:05:",
    "Winkel schreef op {} om 10:05:",
    "Butik skrev den {} kl. 10:05:",
    "Kauppa kirjoitti {} klo 10:05:",
    "Obchod napsal(a) dne {} v 10:05:",
    "{} 10:05, Крамниця:",
    "{} 10:05 Pood kirjutas:",
    "{} 10:05, Parduotuvė rašė:",
    "{} 10:05 Veikals rakstīja:",
    "Þann {} 10:05, skrifaði Búð:",
    "El {} a les 10:05, Botiga ha escrit:",
)
"""Its composeMsgs.properties, both headings that have a date."""


@pytest.mark.parametrize("heading", THUNDERBIRD)
def test_thunderbird_s_headings_are_known_however_a_date_is_written(heading: str) -> None:
    for date in DATES:
        assert newest(f"{NEW}\n\n{heading.format(date)}\n> staro\n") == NEW, date


@pytest.mark.parametrize(
    "heading",
    [
        "---- Trgovina wrote ----",
        "2026-11-03 10:00 GMT+01:00 Trgovina <desk@shop.example>",
        "From: Shop <desk@shop.example>\nDate: Tue, 3 Nov 2026 10:00:02 +0100",
        "От: Магазин\n"
        "Отправлено: \u200e3\u200e \u200eноября\u200e \u200e2026\u200e г. \u200e10\u200e:\u200e05\nКому: Ана",
        "Op 3 nov. 2026 om 10:00 heeft Winkel <desk@shop.example> het volgende geschreven:",
        "Missatge de Botiga <desk@shop.example> del dia dt., 3 de nov. 2026 a les 10:00:",
        "店 <desk@shop.example> 于2026年11月3日周二 10:00写道：",
        "2026/11/03 10:00、店 <desk@shop.example>のメール:",
    ],
)
def test_headings_that_programs_make_shorter_are_known(heading: str) -> None:
    assert newest(f"{NEW}\n\n{heading}\n> staro\n") == NEW


@pytest.mark.parametrize(
    "text",
    [
        "3. 11. 2026 ob 10:05, dva paketa:\n- eden moder\n- eden rdeč",
        "From: Ljubljana\nDate: 3 Nov 2026 10:00\nplease collect it",
        "---- moj naslov ----\nSlovenska 1",
        "2026-11-03 Ana <ana@customers.example>\nis my new address",
    ],
)
def test_dates_and_rules_of_one_s_own_are_no_headings(text: str) -> None:
    assert newest(text) == text
