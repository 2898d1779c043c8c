"""path("pult/", include("pult_oscar.urls")) in the shop's urls.py."""

from django.urls import path, re_path

from pult_oscar import views

urlpatterns = [
    path("acts", views.deeds),
    path("plans", views.plans),
    re_path(r"^(?P<name>orders|products|promotions)$", views.pages),
    re_path(r"^(?P<name>orders|products|promotions)/(?P<pk>[^/]+)$", views.single),
]
