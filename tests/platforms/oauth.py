# SPDX-License-Identifier: Apache-2.0
"""Google's token endpoint: checks signed assertions of a service account and refresh tokens, hands out short-lived tokens."""

import base64
import hashlib
import json
import re
import secrets
import subprocess
import time

from world import Reply

CLIENT_ID = "client-1.apps.example.com"
CLIENT_SECRET = "stand-in-client-secret"
REFRESH_TOKEN = "1//stand-in-refresh-token"
EMAIL = "reader@stand-in.iam.gserviceaccount.com"
KEY_ID = "0123456789abcdef0123456789abcdef01234567"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# What the user agreed to when the refresh token was made.
REFRESH_SCOPES = ("https://www.googleapis.com/auth/analytics.readonly", "https://www.googleapis.com/auth/adwords",
                  "https://www.googleapis.com/auth/webmasters.readonly")
# DER head of a SHA-256 DigestInfo (RFC 8017, 9.2).
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
EXPONENT = 65537


def refuse(error, text, status=400):
    raise Reply({"error": error, "error_description": text}, status)


def unpad64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class OAuth:
    def __init__(self, world):
        self.world = world
        self.tokens = {}
        self.private_key = None
        self.modulus = None

    def make_key(self):
        """A key of its own for each run of the stand-in, so none lies in the source tree."""
        pem = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                             check=True, capture_output=True).stdout
        answer = subprocess.run(["openssl", "rsa", "-noout", "-modulus"], input=pem, check=True, capture_output=True).stdout
        self.private_key = pem.decode("ascii")
        self.modulus = int(re.search(rb"Modulus=([0-9A-F]+)", answer).group(1), 16)

    def key_file(self, token_uri):
        """The key file as the console of the platform offers it for download."""
        if not self.private_key:
            self.make_key()
        return {"type": "service_account", "project_id": "stand-in", "private_key_id": KEY_ID,
                "private_key": self.private_key, "client_email": EMAIL, "client_id": "100000000000000000001",
                "token_uri": token_uri}

    def verify(self, signed, signature):
        size = (self.modulus.bit_length() + 7) // 8
        tail = SHA256_PREFIX + hashlib.sha256(signed).digest()
        expected = b"\x00\x01" + b"\xff" * (size - len(tail) - 3) + b"\x00" + tail
        return pow(int.from_bytes(signature, "big"), EXPONENT, self.modulus) == int.from_bytes(expected, "big")

    def assertion(self, text, audience):
        """Checks a JWT as the sheet says; returns its scope."""
        try:
            head, claims, signature = text.split(".")
            header, body = json.loads(unpad64(head)), json.loads(unpad64(claims))
        except ValueError:
            refuse("invalid_request", "Bad Request")
        if header.get("alg") != "RS256" or header.get("kid") not in (None, KEY_ID):
            refuse("invalid_grant", "Invalid JWT Signature.")
        if not self.modulus or not self.verify((head + "." + claims).encode("ascii"), unpad64(signature)):
            refuse("invalid_grant", "Invalid JWT Signature.")
        if body.get("iss") != EMAIL:
            refuse("invalid_grant", "Invalid grant: account not found")
        if body.get("aud") != audience:
            refuse("invalid_grant", "Invalid JWT: Failed audience check.")
        now = time.time()
        if not (isinstance(body.get("iat"), int) and isinstance(body.get("exp"), int)) or \
                body["exp"] - body["iat"] > 3600 or body["iat"] > now + 60 or body["exp"] < now:
            refuse("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                                    "Check your iat and exp values in the JWT claim.")
        if not body.get("scope"):
            refuse("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return body["scope"]

    def refresh(self, form):
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            refuse("invalid_client", "The OAuth client was not found.", 401)
        if form.get("refresh_token") != REFRESH_TOKEN:
            refuse("invalid_grant", "Token has been expired or revoked.")
        return " ".join(REFRESH_SCOPES)

    def answer(self, request):
        if request.method != "POST" or request.path != "/oauth/token":
            return Reply({"error": "not_found"}, 404)
        if self.world.fault("oauth", "revoked"):
            refuse("invalid_grant", "Token has been expired or revoked.")
        form = request.form()
        if form.get("grant_type") == JWT_GRANT:
            scope = self.assertion(form.get("assertion", ""), request.base() + "/oauth/token")
        elif form.get("grant_type") == "refresh_token":
            scope = self.refresh(form)
        else:
            refuse("unsupported_grant_type", "Invalid grant_type: " + form.get("grant_type", ""))
        scope = " ".join(self.world.knob("oauth", "scopes", scope.split()))  # what the user has agreed to, at most
        life = self.world.knob("oauth", "token_life", 3599)
        token = "ya29." + secrets.token_urlsafe(32)
        self.tokens[token] = (time.time() + life, scope.split())
        return Reply({"access_token": token, "expires_in": life, "token_type": "Bearer"})

    def scopes(self, token):
        """The scopes of a live token, or None."""
        expires, scopes = self.tokens.get(token, (0, None))
        return scopes if expires > time.time() else None
