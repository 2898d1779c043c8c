"""What an admin may set for a shop of Shopware."""

from __future__ import annotations

import pytest

from pult.commerce import registry
from pult.platform import forms


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "shop.example"},
        {"base_url": "https://shop.example/?a=1"},
        {"client_id": ""},
        {"client_secret": "a b"},
        {"sales_channel": "Storefront"},
        {"colour": "red"},
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, str]) -> None:
    good = {"base_url": "https://shop.example", "client_id": "SWIA", "client_secret": "s"}
    forms.validated(registry.settings("shopware"), good)
    with pytest.raises(forms.BadSettings):
        forms.validated(registry.settings("shopware"), good | changes)
