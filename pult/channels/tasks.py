"""What channels does by itself now and then. The worker imports this."""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from pult.channels import actions, queries
from pult.channels.masking import ALL, masked_copy
from pult.platform.queue import periodic

MASKED_AFTER = timedelta(hours=71)
"""Until then a person or a mended parser may still read a payload as it came; no number to mask is kept longer."""


@periodic("channels.mask_what_was_not_parsed", every=1_800.0, timeout=1_200.0)
def mask_what_was_not_parsed() -> None:
    """Mask the numbers in what could not be parsed for three days."""
    rules = {inbox.id: inbox.rules() for inbox in queries.inboxes()}
    actions.replace_bodies(
        timezone.now() - MASKED_AFTER, lambda inbox_id, body: masked_copy(body, rules.get(inbox_id, ALL))
    )


@periodic("channels.forget_payloads", every=86_400.0, timeout=3_600.0)
def forget_payloads() -> None:
    """Forget what messages came as when PAYLOAD_DAYS are over."""
    before = timezone.now() - timedelta(days=settings.PAYLOAD_DAYS)
    while actions.forget_parsed(before):
        time.sleep(0.02)
