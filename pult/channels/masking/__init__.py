"""Numbers that are never kept as they came: payment cards, account numbers, documents of identity."""

from pult.channels.masking.cards import is_card
from pult.channels.masking.payloads import mask_message, masked_copy, shows_number
from pult.channels.masking.text import ALL, Rules, mask

__all__ = ["ALL", "Rules", "is_card", "mask", "mask_message", "masked_copy", "shows_number"]
