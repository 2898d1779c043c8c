"""What the filter does by itself. The worker imports this."""

from __future__ import annotations

from pult.platform.queue import periodic
from pult.spam import actions


@periodic("spam.prune", every=86_400.0, timeout=3_600.0)
def prune() -> None:
    """Keep the counts small."""
    actions.prune()
