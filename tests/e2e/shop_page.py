"""A shop's pages for tests of the chat: another origin, and as strict a policy as a shop can have."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>{title}</h1><p>A lamp for 49.90 EUR.</p><a href="/table">A table</a></main>
<script nonce="n1" src="{pult}/static/widget/loader.js" data-inbox="{inbox}" data-language="{language}" async></script>
</body></html>"""


class ShopPages:
    """Serves a page at every address of a port of this machine; `address` is where."""

    def __init__(self, pult: str) -> None:
        self.pult, self.inbox = pult, 0
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pages.page(self.path).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", pages.policy)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def policy(self) -> str:
        """Scripts by nonce and what these load, requests to Pult, its pictures; nothing else, and Trusted Types."""
        return (
            f"default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; connect-src {self.pult}; img-src blob:;"
            " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )

    def page(self, path: str) -> str:
        """Return the page at a path; its first part is the language."""
        language = path.strip("/").partition("/")[0] or "sl"
        language = language if language in {"sl", "hr", "el", "pl", "en"} else "sl"
        title = path.strip("/").rpartition("/")[2] or "Lamp"
        return PAGE.format(language=language, title=title, pult=self.pult, inbox=self.inbox)

    def __enter__(self) -> ShopPages:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._server.server_close()
