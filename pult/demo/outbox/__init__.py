"""A mail server that takes everything and sends nothing on, and the page on which one reads it."""
