"""The shop's settings: PULT = {...} in its settings.py, see README.md."""

from importlib import import_module

from django.conf import settings

DEFAULTS = {
    "TOKEN": "",
    "NOTICES_URL": "",
    "SECRET": "",
    "STATES": {
        "Pending": {},
        "Being processed": {},
        "Complete": {"state": "completed"},
        "Cancelled": {"state": "cancelled"},
    },
    "CANCELLED": "Cancelled",
    "REFUND": "",
    "BASE_URL": "",
}


def get(name):
    """Return a setting."""
    return {**DEFAULTS, **getattr(settings, "PULT", {})}[name]


def function(name):
    """Return the function that a setting names by its dotted path, None where it names none."""
    path = get(name)
    if not path:
        return None
    module, _, found = path.rpartition(".")
    return getattr(import_module(module), found)
