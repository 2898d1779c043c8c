"""A passkey in software: what a phone does when a page asks for a credential (WebAuthn level 2)."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

FLAGS = AuthenticatorData.FLAG


class SoftPasskey:
    """One discoverable credential with a P-256 key, that checks its user."""

    def __init__(self, *, origin: str) -> None:
        self.origin = origin
        self.id = os.urandom(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.user_handle = ""
        self.rp_id = ""
        self.count = 0

    def create(self, options: Any) -> dict[str, Any]:
        """Answer navigator.credentials.create()."""
        wanted = options["publicKey"]
        self.rp_id = wanted["rp"]["id"]
        self.user_handle = wanted["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        held = AttestedCredentialData.create(b"\x00" * 16, self.id, public)
        flags = FLAGS.UP | FLAGS.UV | FLAGS.AT
        data = AuthenticatorData.create(hashlib.sha256(self.rp_id.encode()).digest(), flags, 0, held)
        return self._credential(
            {
                "clientDataJSON": websafe_encode(self._client_data("webauthn.create", wanted["challenge"])),
                "attestationObject": websafe_encode(bytes(AttestationObject.create("none", data, {}))),
            },
            {"credProps": {"rk": True}},
        )

    def get(self, options: Any) -> dict[str, Any]:
        """Answer navigator.credentials.get()."""
        wanted = options["publicKey"]
        self.count += 1
        data = AuthenticatorData.create(hashlib.sha256(self.rp_id.encode()).digest(), FLAGS.UP | FLAGS.UV, self.count)
        client_data = self._client_data("webauthn.get", wanted["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": websafe_encode(client_data),
                "authenticatorData": websafe_encode(bytes(data)),
                "signature": websafe_encode(signed),
                "userHandle": self.user_handle,
            },
            {},
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _credential(self, response: dict[str, Any], extensions: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": extensions,
            "authenticatorAttachment": "platform",
        }
