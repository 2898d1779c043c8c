"""What an admin sets for a shop that is files."""

from __future__ import annotations

from typing import Annotated

import msgspec

from pult.platform.labels import Words, field

FOLDER = Words(
    sl="Mapa z datotekami na strežniku",
    hr="Mapa s datotekama na poslužitelju",
    el="Φάκελος με τα αρχεία στον διακομιστή",
    pl="Folder z plikami na serwerze",
    en="Folder with the files, on the server",
)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one shop."""

    folder: Annotated[str, field(FOLDER)]
