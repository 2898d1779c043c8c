"""One question to PrestaShop's Webservice: it answers in JSON, and takes XML.

https://devdocs.prestashop-project.org/9/webservice/
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

from pult.commerce.base import Refusal, Refused, ShopError, ShopInfo
from pult.platform import httpclient
from pult.platform.text import storable

TIMEOUT = 30.0
"""Seconds without a word after which the shop is taken for silent; shops on shared machines are slow."""
MAX_BYTES = 32 << 20
_LONGEST_WAIT = 3_600.0
_AT_ONCE = 50
"""Values that are asked for with one question."""
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 may hold."""


class Declined(ShopError):
    """The shop has said no."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message, permanent=True)
        self.status = status


def _request(
    shop: ShopInfo, method: str, path: str, params: Mapping[str, str | int], body: bytes | None = None
) -> httpclient.Response:
    word = base64.b64encode(f"{shop.settings.get('key', '')}:".encode()).decode()
    headers = {"authorization": f"Basic {word}"}
    if body is not None:
        headers["content-type"] = "text/xml; charset=utf-8"
    query = urlencode({name: str(value) for name, value in params.items()}, quote_via=quote)
    url = f"{str(shop.settings['url']).rstrip('/')}/api/{path}{'?' if query else ''}{query}"
    try:
        return httpclient.request(
            method, url, headers=headers, content=body, timeout=TIMEOUT, max_bytes=MAX_BYTES, redirects=0
        )
    except httpclient.HttpError as error:
        raise _failure(path, error) from error


def _failure(path: str, error: httpclient.HttpError) -> ShopError:
    """PrestaShop answers 500 for what is wrong with a request as well, but then says what: that will not pass."""
    said = _errors(error.body)
    if isinstance(error, httpclient.Temporary) and not (error.status == 500 and said):
        after = None if error.after is None else min(error.after, _LONGEST_WAIT)
        return ShopError(f"{path}: {error}", after=after)
    return Declined(f"{path}: {error}: {said}" if said else f"{path}: {error}", status=error.status or 0)


def _errors(body: bytes) -> str:
    """Return what is wrong: {"errors": [{"code": ..., "message": ...}]}, or the same in XML."""
    try:
        said = json.loads(body)
        found = [str(one.get("message", "")) for one in said["errors"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        try:
            found = [one.text or "" for one in _xml(body).iter("message")]
        except (ET.ParseError, ValueError):
            return ""
    return str(storable("; ".join(found)))[:500]


def get(shop: ShopInfo, path: str, params: Mapping[str, str | int] | None = None) -> Any:
    """Return the JSON of an answer, freed of what no database keeps. Raises ShopError."""
    answer = _request(shop, "GET", path, {"output_format": "JSON", **(params or {})})
    try:
        return storable(json.loads(answer.body))
    except (ValueError, RecursionError) as error:
        raise ShopError(f"{path}: the answer is no JSON: {error}") from error


def rows(shop: ShopInfo, resource: str, params: Mapping[str, str | int]) -> list[dict[str, Any]]:
    """Return a list of things, whole; where there are none PrestaShop answers with a bare []. Raises ShopError."""
    said = get(shop, resource, {"display": "full", **params})
    if said == []:
        return []
    found = next(iter(said.values()), None) if isinstance(said, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) and "id" in one for one in found):
        raise ShopError(f"{resource}: the answer is no list of things with ids", permanent=True)
    return found


def of(shop: ShopInfo, resource: str, field: str, values: Iterable[Any], **more: str) -> list[dict[str, Any]]:
    """Return the things whose field has one of these values. Raises ShopError."""
    wanted = sorted({str(one) for one in values} - {"", "0", "None"})
    found: list[dict[str, Any]] = []
    for begin in range(0, len(wanted), _AT_ONCE):
        part = "|".join(wanted[begin : begin + _AT_ONCE])
        found += rows(shop, resource, {f"filter[{field}]": f"[{part}]", **more})
    return found


def do(
    shop: ShopInfo, method: str, path: str, body: ET.Element | None = None, params: Mapping[str, str] | None = None
) -> ET.Element:
    """Ask on behalf of an act, in XML, and return what the shop said. Raises Refused, ShopError."""
    content = None
    if body is not None:
        whole = ET.Element("prestashop")
        whole.append(body)
        content = ET.tostring(whole, encoding="utf-8", xml_declaration=True)
    try:
        answer = _request(shop, method, path, params or {}, content)
    except Declined as error:
        raise Refused(_refusal(error.status), str(error)) from error
    if method == "DELETE":
        return ET.Element("prestashop")
    try:
        return _xml(answer.body)
    except (ET.ParseError, ValueError) as error:
        # Half an answer: nobody knows what was done, so the same is asked again.
        raise ShopError(f"{path}: the answer is no XML: {error}") from error


def _refusal(status: int) -> Refusal:
    if status in (401, 403, 405):
        return "not_allowed"
    return "unknown" if status == 404 else "not_possible"


def _xml(body: bytes) -> ET.Element:
    """Return an answer in XML. One that declares entities is none: they could be made to grow without end."""
    text = body.decode()
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("an answer with a document type")
    return ET.fromstring(text)  # noqa: S314 - without a document type there are no entities


def element(
    name: str, fields: Mapping[str, object], words: Mapping[str, str] | None = None, lang: str = ""
) -> ET.Element:
    """Return a thing as PrestaShop takes it; `words` are said in one language."""
    made = ET.Element(name)
    for field, value in fields.items():
        ET.SubElement(made, field).text = _NO_XML.sub("", str(value))
    for field, value in (words or {}).items():
        ET.SubElement(ET.SubElement(made, field), "language", id=lang).text = _NO_XML.sub("", value)
    return made


def new_id(answer: ET.Element) -> str:
    """Return the id of what was made. Raises ShopError."""
    found = next(iter(answer), None)
    name = (found.findtext("id") or "").strip() if found is not None else ""
    if not name:
        raise ShopError("the shop names nothing that was made")
    return name
