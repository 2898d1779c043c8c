"""The app, and what it listens to: Oscar keeps no moment at which an order was changed, so this does."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_delete, post_save


class PultConfig(AppConfig):
    """Pult beside Oscar."""

    name = "pult_oscar"
    label = "pult_oscar"
    verbose_name = "Pult"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Note from now on what changes."""
        from pult_oscar import changes

        for model, _ in changes.watched(apps):
            post_save.connect(changes.saved, sender=model, dispatch_uid=f"pult-{model._meta.label}")
            post_delete.connect(changes.deleted, sender=model, dispatch_uid=f"pult-gone-{model._meta.label}")
