"""How fast and how big Pult is, measured beside the floors it stands on."""
