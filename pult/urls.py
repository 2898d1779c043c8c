"""All addresses of Pult."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from pult.web import hooks, public
from pult.web.api import api
from pult.web.api.problems import no_such_door
from pult.web.chat import views as chat
from pult.web.pages import staff_app

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    re_path(r"^api/", csrf_exempt(no_such_door)),
    path("hooks/shops/<int:shop_id>/notices", hooks.receive_notice),
    path("hooks/<int:inbox_id>/<slug:kind>", hooks.receive),
    path("copies/<str:token>", public.copy),
    path("consent/page.css", public.sheet),
    path("consent/<str:token>", public.withdraw),
    path("chat/<int:inbox_id>/begin", chat.begin),
    path("chat/<int:inbox_id>/messages", chat.messages),
    path("chat/<int:inbox_id>/doing", chat.doing),
    path("chat/<int:inbox_id>/seen", chat.seen),
    path("chat/<int:inbox_id>/files/<int:attachment_id>", chat.file),
    path("chat/<int:inbox_id>/stream", chat.stream),
    *([path("", include("pult.demo.urls"))] if settings.DEMO else []),
    path("", include("pult.web.sign_in")),
    # The staff app's own addresses: it reads them itself.
    re_path(r"^(?!api/|hooks/|chat/|static/|_allauth/|accounts/).*$", staff_app),
]
