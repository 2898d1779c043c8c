"""Domains are read in letters, and never for one another."""

from __future__ import annotations

import pytest

from pult.platform.domains import readable


@pytest.mark.parametrize(
    "domain", ["trgovina.si", "čevlji.si", "pomoč.šola.si", "łódź.pl", "παράδειγμα.gr", "straße-ü.de", "köln.example"]
)
def test_a_domain_is_read_in_letters_and_leads_to_the_same_place(domain: str) -> None:
    wire = domain.encode("idna")
    assert readable(wire.decode()).encode("idna") == wire
    assert "xn--" not in readable(wire.decode())


@pytest.mark.parametrize("domain", ["аррle.com", "раураl.com", "appɩe.com", "ıkea.si", "gοοgle.gr"])
def test_a_domain_that_looks_like_another_stays_as_it_is(domain: str) -> None:
    wire = domain.encode("idna").decode()
    assert readable(wire) == wire


@pytest.mark.parametrize(
    "domain", ["xn--", "xn--a-.si", "xn--ž.si", "xn--999999999999.si", "..xn--..", "xn--80ak6aa92e.com"]
)
def test_what_is_no_name_stays_as_it_is(domain: str) -> None:
    assert readable(domain) == domain
