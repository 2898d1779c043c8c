"""The demo's own shop: a small server on 127.0.0.1 that speaks the HTTP contract, so that everything can be tried."""
