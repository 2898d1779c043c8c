"""Django's SQLite backend with one write gate across processes."""
