"""The demo shop: people, letters, a catch-all mail server, and the command that starts it all."""
