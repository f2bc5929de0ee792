# SPDX-License-Identifier: Apache-2.0
"""SAP Emarsys' API as its sheet describes it: WSSE, campaigns, response summaries; numbers are texts."""

import base64
import datetime
import hashlib
import re
import secrets
import time
import urllib.parse

from world import Reply, days, parse_day

USER, SECRET = "shop001", "emarsys-stand-in-secret"
CLIENT_ID, CLIENT_SECRET, TOKEN_S = "emarsys-client-1", "emarsys-client-secret & more", 3600
MAX_SKEW_S, SETTLE_DAYS, CAMPAIGNS, LIVES_DAYS = 300, 3, 9, 20
MEMBERS = ("sent", "soft_bounces", "hard_bounces", "block_bounces", "opened", "unsubscribe", "total_clicks", "unique_clicks")


def refuse(status, code, text, headers=None):
    raise Reply({"replyCode": code, "replyText": text, "data": ""}, status, headers)


class Emarsys:
    def __init__(self, world):
        self.world = world
        self.nonces, self.tokens = set(), {}

    # ---- what is true

    def campaigns(self):
        """(id, day it was made, launched)."""
        return [(str(90071 + n), self.world.today() - datetime.timedelta(4 * n + 3), n % 4 != 3) for n in range(CAMPAIGNS)]

    def summary(self, ident, made, day):
        """All zero outside of the campaign's life."""
        draw, late = self.world.draw, self.world.restated(day, SETTLE_DAYS, ident)
        if not 1 <= (day - made).days <= LIVES_DAYS or day >= self.world.today():
            return dict.fromkeys(MEMBERS, 0)
        sent = draw(500, 900, "sent", ident) if (day - made).days == 1 else 0
        opened = draw(1, 90, "opened", ident, day) + late
        return {"sent": sent, "soft_bounces": draw(0, 3, "soft", ident, day), "hard_bounces": draw(0, 2, "hard", ident, day),
                "block_bounces": 0, "opened": opened, "unsubscribe": draw(0, 2, "un", ident, day), "total_clicks": opened // 3 + 1,
                "unique_clicks": opened // 4}

    def truth(self, query):
        found = [self.summary(i, made, day) for i, made, launched in self.campaigns() if launched
                 for day in days(parse_day(query["from"]), parse_day(query["to"]))]
        found = [f for f in found if any(f.values())]
        rows = len(self.campaigns()) if query.get("of") == "campaigns" else len(found)
        return Reply({"rows": rows, "sums": {name: str(sum(f[name] for f in found)) for name in MEMBERS}})

    # ---- what is asked

    def answer(self, request):
        if request.path == "/emarsys/oauth2/token":
            return self.token(request)
        version, _, path = request.path[len("/emarsys/"):].partition("/")
        self.admit(request, version)
        path = "/" + path
        if request.method != "GET":
            refuse(405, 501, "Unsupported method")
        if path == "/email/":
            return self.listed(request.query)
        found = re.fullmatch(r"/email/(\d+)/responsesummary", path)
        for ident, made, _ in self.campaigns():
            if found and ident == found.group(1):
                return self.responses(ident, made, request.query)
        return refuse(400, 6025, "No such email")

    def token(self, request):
        """Client credentials, the client by HTTP Basic and not in the form."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            client = [urllib.parse.unquote(part) for part in base64.b64decode(given, validate=True).decode().split(":")]
        except ValueError:
            client = []
        form = request.form()
        if kind != "Basic" or client != [CLIENT_ID, CLIENT_SECRET] or "client_secret" in form:
            return Reply({"error": "invalid_client"}, 401)
        if request.method != "POST" or form.get("grant_type") != "client_credentials":
            return Reply({"error": "unsupported_grant_type"}, 400)
        token = secrets.token_urlsafe(24)
        self.tokens[token] = time.time() + TOKEN_S
        return Reply({"access_token": token, "expires_in": TOKEN_S, "token_type": "bearer", "scope": ""})

    def admit(self, request, version):
        if version == "v3":
            if self.tokens.get(request.bearer(), 0) < time.time():
                refuse(401, 1, "Unauthorized")
        elif version == "v2":
            self.signed(request)
        else:
            refuse(404, 404, "No such version")
        if not self.world.knob("emarsys", "rights", True):
            refuse(403, 403, "Forbidden")
        fault = self.world.fault("emarsys", "limit")
        if fault:
            refuse(429, 1, "Rate limit", {"X-Ratelimit-Reset": str(fault["reset"])})

    def signed(self, request):
        header = request.headers.get("x-wsse", "")
        given = dict(re.findall(r'(\w+)="([^"]*)"', header))
        if not header.startswith("UsernameToken ") or set(given) != {"Username", "PasswordDigest", "Nonce", "Created"}:
            refuse(401, 1, "Unauthorized")
        digest = hashlib.sha1((given["Nonce"] + given["Created"] + SECRET).encode()).hexdigest()
        created = datetime.datetime.fromisoformat(given["Created"].replace("Z", "+00:00"))
        is_fresh = abs(created.timestamp() - time.time()) < MAX_SKEW_S and given["Nonce"] not in self.nonces
        if given["Username"] != USER or base64.b64encode(digest.encode()).decode() != given["PasswordDigest"] or not is_fresh:
            refuse(401, 1, "Unauthorized")
        self.nonces.add(given["Nonce"])

    def listed(self, query):
        first, last = (parse_day(query.get(name)) for name in ("fromdate", "todate"))
        found = [c for c in self.campaigns() if (not first or c[1] >= first) and (not last or c[1] <= last) and
                 (query.get("launched") != "1" or c[2])]
        rows = [{"id": i, "root_email": "0", "language": "en", "created": "%s 09:00:00" % made, "deleted": "", "name": "Mail %s" % i,
                 "status": "3" if launched else "1", "api_status": "0", "api_error": "0", "fromemail": "shop@example.com",
                 "fromname": "The shop", "subject": "News \u00fc", "email_category": "0", "filter": "7", "contactlist": "0"}
                for i, made, launched in found]
        return Reply({"replyCode": 0, "replyText": "OK", "data": rows if rows else ""})

    def responses(self, ident, made, query):
        first, last = parse_day(query.get("start_date")), parse_day(query.get("end_date"))
        if not first or not last or last < first:
            refuse(400, 10001, "Invalid date")
        total = dict.fromkeys(MEMBERS, 0)
        for day in days(first, last):
            for name, value in self.summary(ident, made, day).items():
                total[name] += value
        if last > first:  # knob odd_total: a platform whose days do not add up
            total["sent"] += self.world.knob("emarsys", "odd_total", 0)
        data = {name: str(value) for name, value in total.items()}
        return Reply({"replyCode": 0, "replyText": "OK", "data": dict(data, planned="1000", launches=[])})
