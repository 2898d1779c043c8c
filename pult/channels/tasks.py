"""What channels does by itself now and then. The worker imports this."""

from __future__ import annotations

import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from pult.channels import actions
from pult.channels.masking import masked_copy
from pult.platform.queue import periodic

MASKED_AFTER = timedelta(hours=71)
"""Until then a person or a mended parser may still read a payload as it came; no card number is kept longer."""


@periodic("channels.mask_what_was_not_parsed", every=1_800.0, timeout=1_200.0)
def mask_what_was_not_parsed() -> None:
    """Mask the card numbers in what could not be parsed for three days."""
    actions.replace_bodies(timezone.now() - MASKED_AFTER, masked_copy)


@periodic("channels.forget_payloads", every=86_400.0, timeout=3_600.0)
def forget_payloads() -> None:
    """Forget what messages came as when PAYLOAD_DAYS are over."""
    before = timezone.now() - timedelta(days=settings.PAYLOAD_DAYS)
    while actions.forget_parsed(before):
        time.sleep(0.02)
