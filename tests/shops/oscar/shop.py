"""A real shop of django-oscar: `python shop.py {"port": 8001, "control": 8002}`; `{"seed": true}` makes its tables.

Says that it is ready on stdout. Over `control` the tests send code, which runs in the shop and leaves `answer`.
"""

import json
import os
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "contrib" / "oscar")]
os.environ["DJANGO_SETTINGS_MODULE"] = "shop_settings"

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402


class Control(BaseHTTPRequestHandler):
    """Runs what it is sent."""

    def do_POST(self):
        code = self.rfile.read(int(self.headers["Content-Length"])).decode()
        found = {}
        try:
            exec(code, found)
            status, said = 200, found.get("answer")
        except Exception:
            status, said = 500, traceback.format_exc()
        finally:
            connection.close()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(said, default=str).encode())

    def log_message(self, *arguments):
        """Say nothing."""


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, *arguments):
        """Say nothing."""


class Threaded(ThreadingMixIn, WSGIServer):
    """Answers several at a time."""

    daemon_threads = True


def main(told):
    """Run the shop until nobody holds its stdin any more."""
    if told.get("seed"):
        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        return
    application = get_wsgi_application()
    server = make_server("127.0.0.1", told["port"], application, Threaded, Quiet)
    control = ThreadingHTTPServer(("127.0.0.1", told["control"]), Control)
    for one in (server, control):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
