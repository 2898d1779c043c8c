"""What leaves is plain, says the same in both its parts, and is read by every program, also in the dark."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pult.channels.adapters.email import history, provider_send
from pult.channels.adapters.email.compose import compose
from pult.channels.adapters.email.flowed import flow, join
from pult.channels.adapters.email.letter import letter
from pult.channels.adapters.email.markup import html_of, plain_html, text_of
from pult.channels.adapters.email.parse import html_to_text
from pult.channels.adapters.email.reply import newest
from pult.channels.adapters.email.settings import Settings, read
from pult.channels.adapters.email.test_sending import composed, message
from pult.channels.adapters.email.tests import DESK, parsed
from pult.channels.base import Address, Quote

LANGUAGES = ("sl", "hr", "el", "pl", "en")
ANSWERS = {
    "sl": "Pozdravljeni,\n\npaket bo pri vas jutri.\n\nLep pozdrav",
    "hr": "Poštovani,\n\npaket stiže sutra.\n\nSrdačan pozdrav",
    "el": "Καλημέρα σας,\n\nτο δέμα φτάνει αύριο.\n\nΜε εκτίμηση",
    "pl": "Dzień dobry,\n\npaczka będzie jutro.\n\nPozdrawiam",
    "en": "Hello,\n\nthe parcel arrives tomorrow.\n\nKind regards",
}
ASKED = Quote(
    Address("ana@customers.example", "Ana Novak"),
    datetime(2026, 11, 22, 10, 15, tzinfo=UTC),
    "Pozdravljeni,\nkje je moj paket?\n\n> Naročili ste čajnik.\nDa, tega.",
)


class Elements(HTMLParser):
    """Every element of a page with its attributes, and what is between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.comments: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [values for name, values in self.found if name == tag]


def page_of(**changes: Any) -> str:
    return letter(DESK, Settings(), message(**changes)).html


def part(mail: EmailMessage, kind: str) -> EmailMessage:
    found = mail.get_body((kind,))
    assert isinstance(found, EmailMessage)
    return found


@pytest.mark.parametrize("body", [{"text": "Živjo"}, {"text": "x", "html": "<p>Živjo</p>"}])
def test_every_mail_has_a_text_and_a_page_that_say_the_same(body: dict[str, str]) -> None:
    mail = composed(**body, language="sl")
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    plain, page = part(mail, "plain"), part(mail, "html")
    assert plain["Content-Type"].params["format"] == "flowed"
    assert plain.get_content_charset() == page.get_content_charset() == "utf-8"
    assert plain.get_content().strip() == "Živjo"
    assert html_to_text(page.get_content()) == "Živjo"
    assert Elements(page.get_content()).of("html") == [{"lang": "sl"}]


def test_words_that_only_one_part_has_are_in_the_other_too() -> None:
    picture = letter(DESK, Settings(), message(text="Slika računa", html='<img src="cid:a1@pult">'))
    assert (picture.text, "cid:a1@pult" in picture.html) == ("Slika računa", True)
    empty = letter(DESK, Settings(), message(text="Živjo", html="<p><br></p>"))
    assert (empty.text, html_to_text(empty.html)) == ("Živjo", "Živjo")


def test_a_provider_is_given_both_parts() -> None:
    mail = provider_send._mail(DESK, Settings(), message(text="Živjo", quote=ASKED))
    assert mail.body.startswith("Živjo\n\nDne 22. novembra 2026")
    ((page, kind),) = [(str(one[0]), one[1]) for one in mail.alternatives]
    assert (kind, "kje je moj paket?" in page) == ("text/html", True)


def test_the_page_leaves_colours_to_the_reader_and_fetches_nothing() -> None:
    pasted = (
        '<div style="background:#fff;color:#000;font-weight:bold" bgcolor="white"><font color="red">Živjo</font>'
        '<img src="https://evil.example/count.gif" alt="slika"><img src="cid:a1@pult"><script>x()</script>'
        '<a href="https://shop.example/?a=1&amp;b=2" style="color:blue" onclick="x()">tukaj</a><p style="'
        'background-image:url(https://evil.example/b.gif)">x</p><link rel=stylesheet href=//evil.example/x.css></div>'
    )
    page = page_of(html=pasted)
    elements = Elements(page)
    metas = {one.get("name"): one.get("content") for one in elements.of("meta")}
    assert metas["color-scheme"] == metas["supported-color-schemes"] == "light dark"
    assert not re.search(r"(?<!-)\bcolor\s*:|background|bgcolor|@import|url\(|evil\.example|onclick", page)
    assert {name for name, _ in elements.found} <= {
        *("html", "head", "meta", "title", "style", "body", "div", "p", "a", "img", "span")
    }
    assert [one.get("src", "") for one in elements.of("img")] == ["", "cid:a1@pult"]
    assert all("underline" in one["style"] for one in elements.of("a"))
    assert "font-weight:bold" in page


def test_outlook_is_given_a_table_and_others_a_greatest_width() -> None:
    page = page_of(text="x")
    body = Elements(page).of("body")[0]["style"]
    assert page.startswith("<!DOCTYPE html>\n<html lang=")
    assert "font-size:16px" in body
    assert "line-height:1.5" in body
    conditional = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", page)
    assert [re.sub(r"<style>.*</style>", "style", one) for one in conditional] == [
        "style",
        '<table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0"><tr><td>',
        "</td></tr></table>",
    ]
    assert "max-width:640px" in page
    assert not Elements(page).of("table")


def test_an_ordinary_answer_is_far_from_what_gmail_cuts() -> None:
    asked = Quote(ASKED.author, ASKED.at, "ž" * 5_000 + "\n" + "besedilo \n" * 10_000)
    raw = compose(DESK, Settings(), message(text="Odgovor v nekaj odstavkih. " * 200, quote=asked))
    mail = message_from_bytes(raw, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    assert len(part(mail, "html").get_content().encode()) < 30_000
    assert len(raw) < 102_000


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hi <b>Ana</b>,</p><p>one<br>two</p>", "Hi Ana,\n\none\ntwo"),
        ('<a href="https://a.example/x?b=1&amp;c=2">here</a>', "here (https://a.example/x?b=1&c=2)"),
        ('<a href="https://a.example/">a.example</a>', "a.example"),
        ('<a href="https://a.example/x">https://a.example/x</a>', "https://a.example/x"),
        ('<a href="mailto:x@a.example">x@a.example</a>', "x@a.example"),
        ('<a href="https://a.example/x"><img src="cid:1" alt="map"></a>', "[map] (https://a.example/x)"),
        ("<ul><li><p>one</p></li><li>two<ul><li>deep</li></ul></li></ul>", "- one\n- two\n  - deep"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<p>a</p><blockquote><p>q</p><p>r</p></blockquote><p>b</p>", "a\n\n> q\n>\n> r\n\nb"),
        ("<blockquote>q<blockquote>r</blockquote></blockquote>", "> q\n>\n> > r"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a &lt; b &amp;amp; c&nbsp;d", "a < b &amp; c d"),
        ("<p>a</p><p></p><p><br></p><p>b</p>", "a\n\nb"),
        ("  spread\n over  lines ", "spread over lines"),
        ('<p title="a>b">x</p>', "x"),
    ],
)
def test_the_text_is_made_from_the_page_by_rule(html: str, text: str) -> None:
    assert text_of(plain_html(html)) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("  indented", "<p>&nbsp;&nbsp;indented</p>"),
        ("(https://a.example/x).", '<p>(<a href="https://a.example/x" {}>https://a.example/x</a>).</p>'),
        ("https://a.example/(x)", '<p><a href="https://a.example/(x)" {}>https://a.example/(x)</a></p>'),
        ("https:// and https://?", "<p>https:// and https://?</p>"),
        ("javascript:x()", "<p>javascript:x()</p>"),
        ("a\n> q\n> > r\nb", f"<p>a</p>{'{q}'}<p>q</p>{'{q}'}<p>r</p></blockquote></blockquote><p>b</p>"),
    ],
)
def test_the_page_is_made_from_the_text_by_rule(text: str, html: str) -> None:
    opening = '<blockquote type="cite" style="margin:0 0 0 8px;padding:0 0 0 12px;border-left:2px solid #999">'
    assert html_of(text) == html.replace("{}", 'style="text-decoration:underline"').replace("{q}", opening)


@given(st.text(max_size=400))
@example(">" * 5_000)
@example("> " * 5_000 + "x")
def test_no_text_becomes_anything_active(text: str) -> None:
    page = html_of(text)
    elements = Elements(page)
    assert {name for name, _ in elements.found} <= {"p", "br", "a", "blockquote"}
    assert all(set(values) <= {"href", "style", "type"} for _, values in elements.found)
    assert all(values["href"].lower().startswith(("http://", "https://")) for values in elements.of("a"))
    assert not elements.comments


PIECES = st.sampled_from(
    [
        *("<p>", "</p>", "<b>", "</blockquote>", "<blockquote>", "<ul><li>", "<li>", "</ul>", "<br>", "<pre>", "<td>"),
        *("<a href='javascript:x()'>", "<img src=x onerror=x()>", "<svg onload=x()>", "<style>p{}</style>", "&#0;"),
        *(
            '<a href="https://a.example/\'">',
            "</a>",
            "<math><mi>",
            "<iframe srcdoc='<script>x()</script>'>",
            "<!-- x -->",
        ),
        *(
            "&lt;script&gt;",
            "<script>x()</script>",
            "<base href=//x>",
            "<form action=x>",
            "]]>",
            "<![CDATA[",
            "\n",
            " ",
        ),
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=30))
def test_no_page_becomes_anything_active_and_its_text_is_always_made(pieces: list[str]) -> None:
    html = plain_html("".join(pieces))
    elements = Elements(html)
    assert not any(name in {"script", "style", "iframe", "svg", "form", "base", "math"} for name, _ in elements.found)
    for _, values in elements.found:
        assert not any(name.startswith("on") for name in values)
        assert values.get("href", "https:").lower().startswith(("http:", "https:", "mailto:", "tel:"))
    assert not elements.comments
    text_of(html)


HEADER_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(HEADER_TEXT, HEADER_TEXT, HEADER_TEXT)
@example("x\r\nBcc: a@evil.example", "y\u2028Bcc: a@evil.example\n\n", "<!--\r\n.\r\n--boundary")
def test_nothing_that_is_written_becomes_a_header_or_a_part(subject: str, name: str, text: str) -> None:
    asked = Quote(Address("x@customers.example", name), ASKED.at, text)
    raw = compose(
        DESK, Settings(), message(subject=subject, sender=Address(DESK.address, name), text=text, quote=asked)
    )
    mail = message_from_bytes(raw, policy=SMTP)
    assert set(mail.keys()) == {"Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"}
    assert [one.get_content_type() for one in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert not mail.defects


@given(st.text(st.sampled_from("ab >-\nF") | st.characters(exclude_categories=["Cs"]), max_size=300))
@example("-- \nAna")
@example("From here " + "long words " * 30)
@example("> " + "long words > From " * 30)
@example("a" * 200 + " b")
def test_a_flowed_text_is_joined_to_what_it_was(text: str) -> None:
    text = text.replace("\r", "").replace("\n\n", "\n")
    flowed = flow(text)
    lines = [line if line == "-- " else line.rstrip(" ") for line in join(text_in_marks(text)).split("\n")]
    assert join(flowed) == "\n".join(lines)
    assert all(len(line) <= 78 or " " not in line.rstrip(" ")[:74].strip("> ") for line in flowed.split("\n"))


def text_in_marks(text: str) -> str:
    """Marks of quotations as programs write them, without space between; no line flows into the next."""
    lines = []
    for line in text.split("\n"):
        depth = 0
        while line.startswith(">"):
            depth, line = depth + 1, line[1:].removeprefix(" ")
        content = line if line == "-- " else line.rstrip(" ")
        lines.append((">" * depth + " " if depth or content.startswith(" ") else "") + content)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("sl", "Dne 22. novembra 2026 ob 10:15 je Ana Novak napisal/-a:"),
        ("hr", "Dana 22. studenoga 2026. u 10:15 Ana Novak je napisao/la:"),
        ("el", "Στις 22 Νοεμβρίου 2026 στις 10:15, ο/η Ana Novak έγραψε:"),
        ("pl", "W dniu 22 listopada 2026 o 10:15 Ana Novak napisał(a):"),
        ("en", "On 22 November 2026 at 10:15, Ana Novak wrote:"),
        ("en-GB", "On 22 November 2026 at 10:15, Ana Novak wrote:"),
        ("de", "Dne 22. novembra 2026 ob 10:15 je Ana Novak napisal/-a:"),
    ],
)
def test_the_line_above_the_quotation_is_in_the_customers_language_else_in_the_stores(language: str, line: str) -> None:
    said = letter(DESK, Settings(), message(text="Odgovor", language=language, quote=ASKED))
    quoted = "> Pozdravljeni,\n> kje je moj paket?\n>\n> > Naročili ste čajnik.\n> Da, tega."
    assert said.text == f"Odgovor\n\n{line}\n{quoted}"
    assert line in said.html
    assert newest(html_to_text(said.html)) == "Odgovor"
    assert said.html.count('<blockquote type="cite"') == 2


def test_an_inbox_may_leave_the_quotation_out_and_without_one_there_is_none() -> None:
    assert letter(DESK, read({"quote_history": False}), message(text="x", quote=ASKED)).text == "x"
    assert "blockquote" not in letter(DESK, Settings(), message(text="x")).html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("month", range(1, 13))
def test_our_own_quotation_is_cut_off_in_every_language_and_month(language: str, month: int) -> None:
    at = datetime(2026, 1, 28, 23, 5, tzinfo=UTC) + timedelta(days=28 * (month - 1))
    for name in ("Ana Novak", "Γιώργος Παπαδόπουλος", "žaba@customers.example"):
        asked = Quote(Address("ana@customers.example", name), at, ASKED.text)
        raw = compose(DESK, Settings(), message(text=ANSWERS[language], language=language, quote=asked))
        assert parsed(raw).reply == ANSWERS[language]
        page = letter(DESK, Settings(), message(text=ANSWERS[language], language=language, quote=asked)).html
        assert newest(html_to_text(page)) == ANSWERS[language]


WROTE = {
    "sl": "V V ned., 22. nov. 2026 ob 12:00 je oseba Trgovina <desk@shop.example> napisala:",
    "hr": "ned, 22. stu 2026. u 12:00 Trgovina <desk@shop.example> napisao je:",
    "el": "Στις Κυρ 22 Νοε 2026 στις 12:00 μ.μ., ο χρήστης Κατάστημα <desk@shop.example> έγραψε:",
    "pl": "niedz., 22 lis 2026 o 12:00 Sklep <desk@shop.example> napisał(a):",
    "en": "On Sun, Nov 22, 2026 at 12:00 PM Shop <desk@shop.example> wrote:",
}
NEW = "Hvala, še nekaj: kdaj pridete?"


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_answer_that_comes_back_quoted_is_cut_off(language: str) -> None:
    """The customer's program quotes our mail with the quotation in it: marked, as Outlook does unmarked, or as HTML."""
    ours = letter(DESK, Settings(), message(text=ANSWERS[language], language=language, quote=ASKED))
    marked = "\n".join(f"> {line}" for line in ours.text.split("\n"))
    assert newest(f"{NEW}\n\n{WROTE[language]}\n\n{marked}") == NEW
    outlook = "From: Shop <desk@shop.example>\nSent: Sunday, November 22, 2026 12:00 PM\nTo: Ana\nSubject: Paket"
    assert newest(f"{NEW}\n\n{outlook}\n\n{ours.text}") == NEW
    body = ours.html.partition("<body")[2].partition(">")[2].partition("</body>")[0]
    heading = f"<div class='gmail_quote'><div>{escape(WROTE[language])}</div><blockquote class='gmail_quote'>"
    assert newest(html_to_text(f"<div>{NEW}</div>{heading}{body}</blockquote></div>")) == NEW
    assert newest(html_to_text(f"<p>{NEW}</p><blockquote type='cite'>{body}</blockquote>")) == NEW


def test_a_long_message_is_quoted_in_part() -> None:
    assert history.bounded("kratko\n") == "kratko"
    for text in ("beseda " * 2_000, "vrstica\n" * 1_000):
        kept = history.bounded(text)
        assert len(kept) <= history.LONGEST + 10
        assert kept.count("\n") <= history.MOST_LINES
        assert kept.endswith("\n[…]")
