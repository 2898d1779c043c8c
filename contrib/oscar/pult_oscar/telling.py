"""Telling Pult at once, signed as https://www.standardwebhooks.com/ has it. What could not be told is told later."""

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request

from django.db import connection

from pult_oscar import conf, orders, products, promotions
from pult_oscar.models import Change

TIMEOUT = 10
BATCH = 100
_running = threading.Lock()
_again = threading.Event()


def signed(secret, name, body, now=None):
    """Return the headers of a notice that is sent now."""
    stamp = str(int(now or time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{name}.{stamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "Webhook-Id": name,
        "Webhook-Timestamp": stamp,
        "Webhook-Signature": f"v1,{signature}",
    }


def soon():
    """Tell what has changed, beside the request that changed it."""
    if conf.get("NOTICES_URL") and conf.get("SECRET"):
        _again.set()
        threading.Thread(target=_run, daemon=True).start()


def _run():
    with _running:
        try:
            while _again.is_set():
                _again.clear()
                tell()
        finally:
            connection.close()


def tell():
    """Tell all that was not told yet; return how much was. Stops at the first that Pult does not keep."""
    told = 0
    for change in Change.objects.filter(told=False).order_by("at", "id")[:BATCH]:
        said = _said(change)
        if said is not None and not _sent(f"{change.kind}-{change.thing}-{change.at.timestamp()}", said):
            return told
        told += Change.objects.filter(pk=change.pk, at=change.at).update(told=True)
    return told


def _said(change):
    if change.gone:
        return {"kind": change.kind, "gone": {"id": change.thing, "at": change.at.isoformat()}}
    makers = {"order": orders.one, "product": products.one, "promotion": promotions.one}
    item = makers[change.kind](change.thing)
    return None if item is None else {"kind": change.kind, "item": item}


def _sent(name, said):
    body = json.dumps(said).encode()
    request = urllib.request.Request(conf.get("NOTICES_URL"), data=body, headers=signed(conf.get("SECRET"), name, body))
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
