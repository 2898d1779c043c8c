"""The demo's own addresses."""

from __future__ import annotations

from django.urls import path

from pult.demo.outbox import views
from pult.demo.storefront import views as storefront

urlpatterns = [
    path("demo/outbox", views.outbox, name="demo-outbox"),
    path("demo/outbox/style.css", views.stylesheet, name="demo-outbox-style"),
    path("demo/outbox/<int:mail_id>", views.mail, name="demo-outbox-mail"),
    path("demo/outbox/<int:mail_id>/raw", views.raw, name="demo-outbox-raw"),
    path("demo/outbox/<int:mail_id>/html", views.html, name="demo-outbox-html"),
    path("demo-shop", storefront.front),
    path("demo-shop/", storefront.front),
    path("demo-shop/files/<str:name>", storefront.asset),
    path("demo-shop/<str:language>/", storefront.shop),
    path("demo-shop/<str:language>/<str:good>", storefront.shop),
]
