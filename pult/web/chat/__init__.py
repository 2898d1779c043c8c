"""The doors for visitors of a shop's pages: chat, with a token of their own and nothing of the staff's."""
