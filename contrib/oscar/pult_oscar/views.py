"""The contract's addresses. Whoever has the token may read all orders and do what `acts` names: keep it secret."""

import hmac
import json
from functools import wraps

from django.db.models import Q
from django.http import JsonResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt

from pult_oscar import acts, conf, orders, products, promotions
from pult_oscar.models import Change

PAGE = 200
KINDS = {"orders": ("order", orders), "products": ("product", products), "promotions": ("promotion", promotions)}
STATUS = {"unknown": 404}


def guarded(view):
    """Let in who has the token; say by code why something is not done."""

    @csrf_exempt
    @wraps(view)
    def inner(request, *args, **kwargs):
        token = conf.get("TOKEN")
        given = request.headers.get("Authorization", "")
        if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return JsonResponse({}, status=401)
        try:
            return JsonResponse(view(request, *args, **kwargs))
        except acts.Refused as error:
            said = {"code": error.code, "title": error.code, "detail": error.detail}
            status = STATUS.get(error.code, 409)
            return JsonResponse(said, status=status, content_type="application/problem+json")
        except (KeyError, TypeError, ValueError) as error:
            return JsonResponse({"title": f"{type(error).__name__}: {error}"}, status=400)

    return inner


@guarded
def pages(request, name):
    """Give a page: everything by id, or what changed since a moment by the moment of its change."""
    kind, module = KINDS[name]
    since, cursor = request.GET.get("changed_since"), request.GET.get("cursor")
    if since is None:
        return _everything(kind, module, cursor)
    return _changed(kind, module, parse_datetime(since), cursor)


def _everything(kind, module, cursor):
    found = list(module.queryset().filter(pk__gt=int(cursor or 0)).order_by("pk")[: PAGE + 1])
    more = len(found) > PAGE
    found = found[:PAGE]
    at = orders.moments(kind, [one.pk for one in found])
    items = [module.told(one, at.get(str(one.pk))) for one in found]
    total = {} if cursor else {"total": module.queryset().count()}
    return {"items": items, "next": str(found[-1].pk) if more else None, **total}


def _changed(kind, module, since, cursor):
    changes = Change.objects.filter(kind=kind, at__gte=since)
    if cursor:
        at, _, pk = cursor.partition("|")
        moment = parse_datetime(at)
        changes = changes.filter(Q(at__gt=moment) | Q(at=moment, pk__gt=int(pk)))
    rows = list(changes.order_by("at", "pk")[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    there = module.queryset().in_bulk([int(row.thing) for row in rows if not row.gone])
    items = [module.told(there[int(row.thing)], row.at) for row in rows if int(row.thing) in there]
    gone = [{"id": row.thing, "at": row.at.isoformat()} for row in rows if row.gone]
    return {"items": items, "gone": gone, "next": f"{rows[-1].at.isoformat()}|{rows[-1].pk}" if more else None}


@guarded
def single(request, name, pk):
    """Give one thing as it is now."""
    found = KINDS[name][1].one(pk)
    if found is None:
        raise acts.Refused("unknown")
    return found


@guarded
def deeds(request):
    """Say what can be done, or do it."""
    if request.method == "GET":
        return {"verbs": acts.verbs()}
    return acts.perform(json.loads(request.body), request.headers["Idempotency-Key"])


@guarded
def plans(request):
    """Say what would happen."""
    return acts.plan(json.loads(request.body))
