"""Answers Pult's HTTP contract (docs/shops.md, "A shop of your own") from the models of django-oscar."""
