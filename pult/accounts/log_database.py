"""Where the access log lives: in the main database, or on SQLite in a file of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings


class AccessLogRouter:
    """Send AccessLog, and nothing else, to the database `log` where there is one."""

    def _alias(self, model_name: str | None) -> str | None:
        return "log" if model_name == "accesslog" and "log" in settings.DATABASES else None

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model._meta.model_name)

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model._meta.model_name)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        is_log = app_label == "accounts" and model_name == "accesslog"
        if "log" not in settings.DATABASES:
            return True
        return is_log if db == "log" else not is_log
