"""Amounts of money: integers in minor units of a currency, never floats."""

from __future__ import annotations

from decimal import Decimal

_DIGITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
"""Digits after the point where they are not two (ISO 4217, table A.1)."""
_TOO_MUCH = 2**63


class NotMoney(ValueError):
    """The text is no amount of this currency."""


def digits(currency: str) -> int:
    """Return how many digits of a currency stand after the point."""
    return _DIGITS.get(currency.upper(), 2)


def minor(amount: str | int | Decimal, currency: str, *, point: str = ".") -> int:
    """Return an amount written in major units ("19.99") in minor ones (1999). Raises NotMoney.

    `point` is the decimal sign; the other of "." and ",", spaces and apostrophes divide thousands. What is finer than
    the currency is rounded half to even, as banks do.
    """
    if isinstance(amount, str):
        for divider in ({",": ".", ".": ","}[point], " ", "\u00a0", "\u202f", "'", "’"):
            amount = amount.replace(divider, "")
        amount = amount.replace(point, ".").strip()
    try:
        value = Decimal(amount)
        whole = int((value * 10 ** digits(currency)).to_integral_value())
    except (ArithmeticError, ValueError) as error:
        raise NotMoney(f"{str(amount)[:40]!r} is no amount") from error
    if abs(whole) >= _TOO_MUCH:
        raise NotMoney(f"{str(amount)[:40]!r} is too large")
    return whole


def kept(amount: int) -> int:
    """Return a sum of amounts that can be kept. Raises NotMoney where it is too large."""
    if abs(amount) >= _TOO_MUCH:
        raise NotMoney("a sum is too large")
    return amount


def major(amount: int, currency: str) -> str:
    """Return an amount in minor units (1999) written in major ones ("19.99"), as other systems take it."""
    return f"{Decimal(amount).scaleb(-digits(currency)):f}"
