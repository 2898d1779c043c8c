"""A small OpenID Connect provider (Core 1.0, code flow with PKCE) that signs its id_tokens with RS256."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "pult"
CLIENT_SECRET = "shared secret"


class Provider:
    """The provider and the one person signed in at it (`claims`)."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.access: set[str] = set()
        self.refused: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.token(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def get(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self._json(request, self._configuration())
        elif parts.path == "/jwks":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            self._json(request, {"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]})
        elif parts.path == "/userinfo":
            held = request.headers.get("Authorization", "").removeprefix("Bearer ")
            self._json(request, self.claims if held in self.access else {}, 200 if held in self.access else 401)
        elif parts.path == "/authorize":
            self._authorize(request, query)
        else:
            self._json(request, {}, 404)

    def _configuration(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _authorize(self, request: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        """The person is signed in and agrees at once."""
        fits = (
            query.get("client_id") == CLIENT_ID
            and query.get("response_type") == "code"
            and "openid" in query.get("scope", "").split()
            and query.get("code_challenge_method") == "S256"
            and bool(query.get("state"))
        )
        if not fits:
            self.refused.append(f"authorize {query}")
            self._json(request, {"error": "invalid_request"}, 400)
            return
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        request.send_response(302)
        back = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
        request.send_header("Location", f"{query['redirect_uri']}?{back}")
        request.end_headers()

    def token(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers["Content-Length"]))
        form = {key: values[0] for key, values in parse_qs(raw.decode()).items()}
        asked = self.codes.pop(form.get("code", ""), None)  # a code works once
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = (
            asked is not None
            and (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
            and form.get("redirect_uri") == asked["redirect_uri"]
            and base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == asked["code_challenge"]
        )
        if not fits:
            self.refused.append(f"token {form}")
            self._json(request, {"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        claims = {**self.claims, "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60}
        access = secrets.token_urlsafe(16)
        self.access.add(access)
        id_token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})
        self._json(request, {"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": id_token})

    def _json(self, request: BaseHTTPRequestHandler, body: object, status: int = 200) -> None:
        encoded = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(encoded)))
        request.end_headers()
        request.wfile.write(encoded)
