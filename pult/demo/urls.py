"""The demo's own addresses."""

from __future__ import annotations

from django.urls import path

from pult.demo.outbox import views

urlpatterns = [
    path("outbox", views.outbox, name="demo-outbox"),
    path("outbox/style.css", views.stylesheet, name="demo-outbox-style"),
    path("outbox/<int:mail_id>", views.mail, name="demo-outbox-mail"),
    path("outbox/<int:mail_id>/raw", views.raw, name="demo-outbox-raw"),
    path("outbox/<int:mail_id>/html", views.html, name="demo-outbox-html"),
]
