# SPDX-License-Identifier: Apache-2.0
"""Salesforce's REST API as its sheet describes it: logins, SOQL queries with pages that die with their session, deletes, limits."""

import datetime
import json
import re
import secrets
import time

from oauth import unpad64
from world import Reply

CLIENT_ID, CLIENT_SECRET = "3MVG9stand-in-consumer-key", "stand-in-consumer-secret"
USER, REFRESH_TOKEN = "reports@example.com", "5Aep861-stand-in-refresh"
ORG = "00D000000000001AAA"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
VERSIONS = {"v66.0", "v67.0"}
MAX_ASSERTION_S, LEAST_BATCH, MOST_BATCH = 300, 200, 2000
COUNTS = {"Account": 90, "Lead": 640, "Contact": 150, "Opportunity": 450, "Task": 60, "Event": 0}
PREFIX = {"Lead": "00Q", "Contact": "003", "Opportunity": "006", "Task": "00T", "Event": "00U", "Account": "001"}
COMMON = {"Id", "SystemModstamp", "CreatedDate", "IsDeleted", "OwnerId"}
PERSON = COMMON | {"Email", "Phone", "Name", "LeadSource", "MasterRecordId"}
FIELDS = {"Lead": PERSON | {"Company", "Status", "Country", "City", "Source__c"},
          "Contact": PERSON | {"AccountId", "Account.Name", "MailingCountry", "MailingCity"},
          "Opportunity": COMMON | {"Name", "Amount", "StageName", "Probability", "IsWon", "IsClosed", "CloseDate", "CampaignId",
                                    "LeadSource"},
          "Account": COMMON | {"Name", "Website", "Phone", "Industry", "Type", "NumberOfEmployees", "AnnualRevenue", "BillingCountry",
                               "BillingCity", "MasterRecordId"},
          "Task": COMMON | {"WhoId", "WhatId", "Subject", "Description", "Status"},
          "Event": COMMON | {"WhoId", "WhatId", "Subject", "Description", "StartDateTime"}}
STAGES = (("Prospecting", 10), ("Negotiation", 67.5), ("Closed Won", 100), ("Closed Lost", 0))
CHANGED_EVERY, DELETED_EVERY, MERGED_EVERY = 6, 23, 50


def refuse(status, code, message, headers=None):
    raise Reply([{"message": message, "errorCode": code}], status, headers)


def refuse_login(error, text):
    raise Reply({"error": error, "error_description": text}, 400)


def iso(moment):
    whole = datetime.datetime.fromtimestamp(moment // 1000, datetime.timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S") + ".%03d+0000" % (moment % 1000)


def parse(text):
    """A SOQL time as milliseconds."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,3}))?Z", text)
    if not found:
        refuse(400, "MALFORMED_QUERY", "line 1: bad date format " + text)
    whole = datetime.datetime.fromisoformat(found.group(1) + "+00:00")
    return int(whole.timestamp()) * 1000 + int((found.group(2) or "0").ljust(3, "0"))


class Salesforce:
    def __init__(self, world, oauth):
        self.world, self.oauth = world, oauth
        self.sessions = {}  # token: requests so far
        self.locators = {}  # id: (session, records, fields, batch)
        self.stamps, self.used = {}, 100

    # ---- what is true

    def stamp(self, generation):
        return self.stamps.setdefault(generation, int(time.time() * 1000))

    def id_of(self, kind, n):
        return "%s%012dAAA" % (PREFIX[kind], n)

    def record(self, kind, n):
        world = self.world
        if world.generation == 0:
            self.stamps = {}
        gens = [g for g in range(1, world.generation + 1) if world.draw(0, CHANGED_EVERY - 1, "sf", kind, n, g) == 0]
        created = int(datetime.datetime(2026, 2, 1, tzinfo=datetime.timezone.utc).timestamp() * 1000) + n * 600000
        # A nightly import: 250 records share one time.
        stamp = created if not 100 <= n < 350 else created - (n - 100) * 600000
        merged = kind in ("Lead", "Contact", "Account") and world.generation > 0 and n % MERGED_EVERY == 7
        gone = n % DELETED_EVERY == 5 or (world.generation > 0 and n % DELETED_EVERY == 6) or merged
        if merged or (world.generation > 0 and n % DELETED_EVERY == 6):
            gens = [1] + gens
        stamp = max([stamp] + [self.stamp(g) for g in gens])
        stage, probability = STAGES[n % 4]
        account = None if n % 3 == 0 else {"attributes": {"type": "Account"}, "Name": "Account %d" % (n % 9)}
        return {"Id": self.id_of(kind, n), "SystemModstamp": stamp, "CreatedDate": iso(created), "IsDeleted": gone,
                "OwnerId": "005%012dAAA" % (n % 4), "Email": "p%d@example.com" % n, "Phone": None, "Name": "%s %d" % (kind, n),
                "LeadSource": ("Web", "Partner Referral")[n % 5 == 0], "Source__c": "own %d" % (n % 2), "MasterRecordId": self.id_of(kind, n + 1) if merged else None,
                "Company": "Company %d" % (n % 20), "Status": "Open", "Country": "PT", "City": "Porto",
                "AccountId": self.id_of("Account", n % 9) if account else None, "Account": account, "MailingCountry": "DE",
                "MailingCity": "Köln", "Amount": self.amount(n, gens), "StageName": stage, "Probability": probability,
                "IsWon": stage == "Closed Won", "IsClosed": stage.startswith("Closed"), "CloseDate": "2026-12-%02d" % (1 + n % 28),
                "CampaignId": None, "WhoId": self.id_of("Contact" if n % 2 else "Lead", n % 90),
                "WhatId": self.id_of("Opportunity" if n % 3 else "Account", n % 9), "Subject": "Subject %d" % n,
                "Description": "Text %d" % n, "StartDateTime": iso(created), "Website": "https://account%d.example" % n, "Industry": "Retail",
                "Type": None if n % 3 else "Customer", "NumberOfEmployees": None if n % 4 == 0 else 10 + n, "BillingCountry": "PT",
                "AnnualRevenue": self.amount(n, gens), "BillingCity": "Évora"}

    def amount(self, n, gens):
        """Cents; beyond ten million it is written as Java writes it."""
        if n % 11 == 0:
            return None
        return self.world.draw(10000, 3000000, "sf-amount", n) * (1000 if n % 7 == 0 else 1) + 100 * len(gens)

    def records(self, kind):
        return [self.record(kind, n) for n in range(self.world.knob("salesforce", kind, COUNTS[kind]))]

    def truth(self, query):
        kind = {"leads": "Lead", "contacts": "Contact", "accounts": "Account", "opportunities": "Opportunity", "tasks": "Task", "events": "Event"}[
            query.get("stream", "leads")]
        records = self.records(kind)
        deleted, merged = sum(r["IsDeleted"] for r in records), sum(1 for r in records if r["MasterRecordId"])
        amount = sum(r["Amount"] or 0 for r in records)
        return Reply({"rows": len(records), "sums": {"deleted": str(deleted), "amount": plain(amount)}, "merged": merged,
                      "ids": [r["Id"] for r in records]})

    # ---- logging in

    def token(self, request):
        form = request.form()
        grant = form.get("grant_type")
        if self.world.fault("salesforce", "not_approved"):
            refuse_login("invalid_grant", "user hasn't approved this consumer")
        if grant == JWT_GRANT:
            self.assertion(form.get("assertion", ""), request.base() + "/salesforce")
        elif (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            refuse_login("invalid_client", "invalid client credentials")
        elif grant == "refresh_token" and form.get("refresh_token") != REFRESH_TOKEN:
            refuse_login("invalid_grant", "expired access/refresh token")
        elif grant not in ("refresh_token", "client_credentials"):
            refuse_login("unsupported_grant_type", "grant type not supported")
        token = ORG + "!" + secrets.token_urlsafe(24)
        self.sessions[token] = 0
        return Reply({"access_token": token, "scope": "api", "instance_url": request.base() + "/salesforce", "token_type": "Bearer",
                      "id": "https://login.salesforce.com/id/%s/005000000000001AAA" % ORG})

    def assertion(self, text, audience):
        try:
            head, claims, signature = text.split(".")
            body = json.loads(unpad64(claims))
        except ValueError:
            refuse_login("invalid_grant", "invalid assertion")
        if json.loads(unpad64(head)).get("alg") != "RS256" or \
                not self.oauth.verify((head + "." + claims).encode("ascii"), unpad64(signature)):
            refuse_login("invalid_grant", "invalid assertion")
        if body.get("iss") != CLIENT_ID or body.get("sub") != USER:
            refuse_login("invalid_grant", "user hasn't approved this consumer")
        if body.get("aud") != audience:
            refuse_login("invalid_grant", "audience is invalid")
        if not time.time() < body.get("exp", 0) < time.time() + MAX_ASSERTION_S:
            refuse_login("invalid_grant", "expired authorization code")

    # ---- what is answered

    def answer(self, request):
        if request.path == "/salesforce/services/oauth2/token" and request.method == "POST":
            return self.token(request)
        token = self.admit(request)
        found = re.fullmatch(r"/salesforce/services/data/(v\d+\.\d)/(query|queryAll)(?:/([\w-]+))?", request.path)
        if not found or found.group(1) not in VERSIONS:
            refuse(404, "NOT_FOUND", "The requested resource does not exist")
        reply = self.follow(found.group(3), token) if found.group(3) else \
            self.query(request, found.group(2) == "queryAll", found.group(1), token)
        self.used += 1
        reply.headers["Sforce-Limit-Info"] = "api-usage=%d/%d" % (self.used, self.world.knob("salesforce", "daily", 15000000))
        return reply

    def admit(self, request):
        token = request.bearer()
        if token not in self.sessions or self.world.fault("salesforce", "auth"):
            refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.sessions[token] += 1
        if self.sessions[token] > self.world.knob("salesforce", "session_requests", 10**9):
            del self.sessions[token]
            refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.world.fault("salesforce", "limit"):
            refuse(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        return token

    def query(self, request, with_deleted, version, token):
        soql = request.query.get("q", "")
        found = re.fullmatch(r"SELECT (.+?) FROM (\w+)(?: WHERE (.+?))?(?: ORDER BY SystemModstamp,Id)?(?: LIMIT (\d+))?", soql)
        if not found:
            refuse(400, "MALFORMED_QUERY", "unexpected token: " + soql[:40])
        fields, kind = found.group(1).split(","), found.group(2)
        if kind not in FIELDS or kind in self.world.knob("salesforce", "hidden", []):
            refuse(400, "INVALID_TYPE", "sObject type '%s' is not supported." % kind)
        for field in fields:
            if field not in FIELDS[kind]:
                refuse(400, "INVALID_FIELD", "No such column '%s' on entity '%s'." % (field, kind))
        if len(fields) != len(set(fields)):
            refuse(400, "INVALID_FIELD", "duplicate field selected")
        keeps = self.condition(found.group(3))
        records = [r for r in self.records(kind) if (with_deleted or not r["IsDeleted"]) and keeps(r)]
        if "ORDER BY" in soql:
            records.sort(key=lambda r: (r["SystemModstamp"], r["Id"]))
        records = records[:int(found.group(4))] if found.group(4) else records
        if len(records) > self.world.knob("salesforce", "slow_above", 10**9):
            refuse(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
        batch = re.search(r"batchSize=(\d+)", request.headers.get("sforce-query-options", "batchSize=2000"))
        size = min(max(int(batch.group(1)), LEAST_BATCH), MOST_BATCH, self.world.knob("salesforce", "short", MOST_BATCH))
        locator = "01g%012d" % len(self.locators)
        self.locators[locator] = (token, [self.shown(kind, r, fields) for r in records], size, version)
        return self.page(locator, 0)

    def condition(self, text):
        if not text:
            return lambda r: True
        first = re.fullmatch(r"SystemModstamp >= (\S+)", text)
        if first:
            return lambda r, t=parse(first.group(1)): r["SystemModstamp"] >= t
        later = re.fullmatch(r"SystemModstamp > (\S+) OR \(SystemModstamp = (\S+) AND Id > '(\w+)'\)", text)
        if not later or later.group(1) != later.group(2):
            refuse(400, "MALFORMED_QUERY", "unexpected token: " + text[:40])
        return lambda r, t=parse(later.group(1)), i=later.group(3): r["SystemModstamp"] > t or (r["SystemModstamp"] == t and r["Id"] > i)

    def follow(self, text, token):
        locator, _, start = text.rpartition("-")
        if locator not in self.locators or self.world.fault("salesforce", "locator_gone"):
            refuse(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        if self.locators[locator][0] != token:  # it belongs to the session that made it
            refuse(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return self.page(locator, int(start))

    def page(self, locator, start):
        _, records, size, version = self.locators[locator]
        end = start + size
        if self.world.knob("salesforce", "repeat_page", False):
            end = 200
        body = {"totalSize": len(records), "done": end >= len(records), "records": records[start:start + size]}
        if end < len(records):
            body["nextRecordsUrl"] = "/services/data/%s/query/%s-%d" % (version, locator, end)
        text = json.dumps(body)
        return Reply(re.sub(r'"@@([^@"]+)@@"', r"\1", text).encode(), headers={"Content-Type": "application/json"})

    def shown(self, kind, record, fields):
        body = {"attributes": {"type": kind, "url": "/services/data/v67.0/sobjects/%s/%s" % (kind, record["Id"])}}
        for field in fields:
            name = field.split(".")[0]
            value = record[name]
            body[name] = iso(value) if name == "SystemModstamp" else java(value) if name in ("Amount", "AnnualRevenue") else value
        return body


def plain(hundredths):
    sign, hundredths = "-" if hundredths < 0 else "", abs(hundredths)
    return (sign + "%d.%02d" % divmod(hundredths, 100)).rstrip("0").rstrip(".")


def java(hundredths):
    """A double as Java prints it, to stand in the JSON unquoted."""
    if hundredths is None:
        return None
    text = plain(hundredths)
    if hundredths >= 10**9:
        digits = str(hundredths)
        text = "%s.%sE%d" % (digits[0], digits[1:].rstrip("0") or "0", len(digits) - 3)
    return "@@%s@@" % (text if "." in text else text + ".0")
