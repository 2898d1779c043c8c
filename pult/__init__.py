"""Pult, the customer-service system of an online shop."""

__version__ = VERSION = "0.1.0"
