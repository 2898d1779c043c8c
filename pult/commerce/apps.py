from django.apps import AppConfig
from django.core.checks import register

from pult.commerce.check import check_connectors


class CommerceConfig(AppConfig):
    name = "pult.commerce"
    label = "commerce"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_connectors)
