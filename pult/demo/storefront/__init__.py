"""The demo shop's own pages, where the chat can be tried as a shopper sees it. Only a demo has these addresses."""
