from django.apps import AppConfig
from django.core.checks import register

from pult.channels.check import check_channels


class ChannelsConfig(AppConfig):
    name = "pult.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(check_channels)
