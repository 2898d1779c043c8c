"""Names of people as letters need them: who is addressed, in the vocative, with the right form of address.

What is not sure is neutral: no name is better than a wrong one.
"""

from __future__ import annotations

from pult.customers.names.forms import address, gendered, greeting
from pult.customers.names.reading import Person, read
from pult.customers.names.vocatives import vocative

__all__ = ["Person", "address", "gendered", "greeting", "read", "vocative"]
