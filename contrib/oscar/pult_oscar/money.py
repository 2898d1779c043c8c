"""Amounts: decimals here, integers in minor units for Pult (ISO 4217)."""

from decimal import Decimal

NONE = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
THREE = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


def digits(currency):
    """Return how many digits of a currency stand after the point."""
    return 0 if currency in NONE else 3 if currency in THREE else 2


def minor(value, currency):
    """Return an amount in minor units."""
    return int((Decimal(value) * 10 ** digits(currency)).to_integral_value())


def major(amount, currency):
    """Return an amount as Oscar has it."""
    return Decimal(amount) / 10 ** digits(currency)
