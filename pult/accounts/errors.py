"""What can go wrong in accounts. `code` is the problem type the API answers with."""

from __future__ import annotations

from pult.accounts.error_texts import sentence


class AccountsError(Exception):
    """Base of the named errors; `code` and `status` are what the API makes problem+json of."""

    code = "accounts-error"
    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = ""

    def sentence(self, language: str) -> str:
        """Say what is wrong in the reader's language; empty where the kind of problem says it all."""
        return ""


class PermissionDenied(AccountsError):
    """The actor may not do this. `permission` is the missing one."""

    code = "forbidden"
    status = 403

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.")
        self.permission = permission


class NotFound(AccountsError):
    """There is no such row, or the actor may not know of it."""

    code = "not-found"
    status = 404


class _Told(AccountsError):
    """An error with a sentence of its own: `kind` is its name in error_texts, `values` fill it in."""

    def __init__(self, kind: str, *, field: str = "", **values: object) -> None:
        super().__init__(f"{field}: {sentence(kind, 'en', values)}".removeprefix(": "))
        self.kind = kind
        self.field = field
        self.values = values

    def sentence(self, language: str) -> str:
        return sentence(self.kind, language, self.values)


class Invalid(_Told):
    """A value is wrong; `field` says which."""

    code = "invalid"
    status = 422


class Conflict(_Told):
    """It would break something that has to hold: a name in use, the last admin."""

    code = "conflict"
    status = 409


class VersionConflict(AccountsError):
    """Somebody changed it meanwhile; `version` is the present one."""

    code = "version-conflict"
    status = 412

    def __init__(self, version: int) -> None:
        super().__init__(f"The present version is {version}.")
        self.version = version


class NotTried(AccountsError):
    """A rule that deletes has to be tried before it is switched on."""

    code = "not-tried"
    status = 409

    def __init__(self) -> None:
        super().__init__("")
