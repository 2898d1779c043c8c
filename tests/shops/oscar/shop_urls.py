"""The shop's addresses: Oscar's own and Pult's."""

from django.apps import apps
from django.urls import include, path

urlpatterns = [path("pult/", include("pult_oscar.urls")), path("", include(apps.get_app_config("oscar").urls[0]))]
