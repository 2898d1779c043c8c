"""The WSGI entry point, for granian behind a proxy and for the ASGI front's bridge."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pult.settings")
application = get_wsgi_application()
