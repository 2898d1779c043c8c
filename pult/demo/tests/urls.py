"""Only the demo's own addresses, which are there in a demo alone."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("pult.demo.urls"))]
