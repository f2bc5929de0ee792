# SPDX-License-Identifier: Apache-2.0
"""HubSpot's CRM API as its sheet describes it: lists, search with its ceiling, associations, archived and merged records."""

import base64
import datetime
import json
import re
import time

from world import Reply, cents

TOKEN = "pat-stand-in-hubspot-token"
VERSIONS = {"v3", "2026-03"}
LIST_MAX, SEARCH_MAX, CEILING, MAX_INPUTS = 100, 200, 10000, 1000
COUNTS = {"contacts": 230, "deals": 110, "companies": 40, "calls": 25, "emails": 210, "meetings": 0, "notes": 12, "tasks": 7}
FIRST_ID = {"contacts": 1001, "deals": 50001, "companies": 9001, "calls": 70001, "emails": 71001, "meetings": 72001,
            "notes": 73001, "tasks": 74001}
SEARCH_MEMBERS = ("after", "filterGroups", "limit", "properties", "sorts")  # required by the specification
ARCHIVED_EVERY, GONE_EVERY, CHANGED_EVERY, STEP = 29, 31, 5, 3
STAGES = ("appointmentscheduled", "contractsent", "closedwon", "closedlost")
SOURCES = ("ORGANIC_SEARCH", "OFFLINE", "PAID_SEARCH", "SOCIAL_MEDIA", "EMAIL_MARKETING")
MERGED = ("contacts", "companies", "deals")


def refuse(status, category, message, headers=None, **more):
    raise Reply(dict({"status": "error", "message": message, "correlationId": "6f1c2f5e-0000-4000-8000-000000000000",
                      "category": category}, **more), status, headers)


def iso(moment):
    """Milliseconds since 1970 as HubSpot writes times."""
    whole = datetime.datetime.fromtimestamp(moment // 1000, datetime.timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S") + ".%03dZ" % (moment % 1000)


class HubSpot:
    def __init__(self, world):
        self.world = world
        self.stamps = {}  # generation: when it came
        self.known = (None, [])  # what records() made last

    # ---- what is true

    def changed(self, kind, n):
        """The generations in which this record was changed."""
        all_of_them = self.world.knob("hubspot", "touch_all", False)
        return [g for g in range(1, self.world.generation + 1)
                if all_of_them or self.world.draw(0, CHANGED_EVERY - 1, "changed", kind, n, g) == 0]

    def stamp(self, generation):
        """Everything that a generation changes has one time, as after a nightly batch job."""
        return self.stamps.setdefault(generation, int(time.time() * 1000))

    def created(self, kind, n):
        """The account is filled in a day or, with the knob days, evenly over so many days until today."""
        span = self.world.knob("hubspot", "days", 0)
        opened = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc)
        step = 420000
        if span:
            opened = datetime.datetime.combine(self.world.today() - datetime.timedelta(span), datetime.time(), datetime.timezone.utc)
            step = span * 86400000 // COUNTS[kind]
        return int(opened.timestamp() * 1000) + n * step

    def record(self, kind, n):
        """All that is known of a record; None: it was merged away and is in no list."""
        world = self.world
        if kind in MERGED and world.generation > 0 and n % 40 == 10:
            return None
        created = self.created(kind, n)
        gens = self.changed(kind, n)
        is_winner = kind in MERGED and world.generation > 0 and n % 40 == 11
        updated = max([created + 60000] + [self.stamp(g) for g in gens] + ([self.stamp(1)] if is_winner else []))
        found = {"id": str(FIRST_ID[kind] + n * STEP), "created": created, "updated": updated, "archived": 0,
                 "merged": str(FIRST_ID[kind] + (n - 1) * STEP) if is_winner else None, "n": n, "gens": gens}
        if n % ARCHIVED_EVERY == 3:
            found["archived"] = created + 120000
        elif world.generation > 0 and n % GONE_EVERY == 4 and not is_winner:
            found["archived"] = self.stamp(1)
        return found

    def records(self, kind):
        key = (kind, self.world.generation, self.world.knob("hubspot", kind, COUNTS[kind]),
               self.world.knob("hubspot", "touch_all", False), self.world.knob("hubspot", "days", 0))
        if self.world.generation == 0:
            self.stamps = {}
        if self.known[0] != key:
            self.known = (key, [r for r in (self.record(kind, n) for n in range(key[2])) if r])
            for record in self.known[1]:
                record["properties"] = self.properties(kind, record)
        return self.known[1]

    def amount(self, record):
        return None if record["n"] % 13 == 0 else self.world.draw(0, 900000, "amount", record["n"]) + 100 * len(record["gens"])

    def links(self, kind, to, n):
        """The places of the records that this one belongs to."""
        count = self.world.knob("hubspot", to, COUNTS[to])
        if not count or n % 4 == 3:
            return []
        return [self.world.draw(0, count - 1, "link", kind, to, n, i) for i in range(1 + n % 2)]

    def properties(self, kind, record):
        n, moment = record["n"], iso(record["updated"])
        common = {"hs_object_id": record["id"], "hubspot_owner_id": "77%d" % (n % 3), "hs_merged_object_ids": record["merged"],
                  "hs_lastmodifieddate": moment}
        if kind == "contacts":
            return dict(common, lastmodifieddate=moment, firstname=("", "Ana", "Zoë \"Z\"")[n % 3], lastname="Núñez %d" % n,
                        email="person%d@example.com" % n, phone=None, company="Company %d" % (n % 40), country="PT", city="Lisboa",
                        lifecyclestage="lead", hs_lead_status=None if n % 2 else "NEW", hs_analytics_source=SOURCES[n % len(SOURCES)],
                        segment="s%d" % (n % 3))
        if kind == "companies":
            revenue = self.amount(record)
            return dict(common, name="Company %d" % n, domain="company%d.example" % n, phone="+351 21 %07d" % n, industry="RETAIL",
                        type=None if n % 3 else "PARTNER", numberofemployees=None if n % 4 == 0 else str(10 + n),
                        annualrevenue=None if revenue is None else cents(revenue), lifecyclestage="customer", country="PT", city="Lisboa")
        if kind == "deals":
            amount, stage = self.amount(record), STAGES[n % 4]
            return dict(common, dealname="Deal %d" % n, amount=None if amount is None else cents(amount),
                        deal_currency_code="" if n % 5 == 0 else "USD", pipeline="default", dealstage=stage,
                        hs_deal_stage_probability="0.%d" % (n % 10), hs_is_closed_won=str(stage == "closedwon").lower(),
                        hs_is_closed=str(stage.startswith("closed")).lower(), closedate=iso(record["created"] + 86400000),
                        hs_analytics_source_data_1="spring_sale",
                        hs_analytics_source=SOURCES[n // 4 % len(SOURCES)])
        name = {"calls": "hs_call", "emails": "hs_email", "meetings": "hs_meeting", "notes": "hs_note", "tasks": "hs_task"}.get(kind)
        own = {"hs_timestamp": iso(record["created"]), "%s_body" % name: "<p>Body %d</p>" % n, "hs_email_text": "Text %d" % n,
               "%s_title" % name: "Title %d" % n, "%s_subject" % name: "Subject %d" % n, "hs_call_disposition": "connected",
               "%s_status" % name: "SENT", "%s_outcome" % name: "COMPLETED"}
        return dict(common, **own)

    def truth(self, query):
        """What a store should hold after everything was read: rows, deleted and merged ones, the sum of live amounts in cents."""
        kind = query.get("stream", "contacts")
        records = self.records(kind)
        merged = [r["merged"] for r in records if r["merged"]]
        deleted = sum(1 for r in records if r["archived"]) + len(merged)
        amount = sum(self.amount(r) or 0 for r in records)
        return Reply({"rows": len(records) + len(merged), "sums": {"deleted": str(deleted), "amount": cents(amount)},
                      "deleted": deleted,
                      "merged": len(merged), "amount_cents": sum(self.amount(r) or 0 for r in records if not r["archived"]),
                      "linked": sum(1 for r in records if self.links(kind, {"contacts": "companies"}.get(kind, "contacts"), r["n"])),
                      "ids": [r["id"] for r in records] + merged,
                      "days": [iso(r["created"])[:10] for r in records if not r["archived"]],
                      "won": [self.won(r) for r in records if kind == "deals" and STAGES[r["n"] % 4] == "closedwon" and not r["archived"]]})

    def won(self, record):
        known = self.properties("deals", record)
        return {"day": known["closedate"][:10], "source": known["hs_analytics_source"], "currency": known["deal_currency_code"],
                "cents": self.amount(record)}

    # ---- what is answered

    def answer(self, request):
        self.admit(request)
        parts = request.path.split("/")[2:]
        if parts[:1] == ["crm"] and len(parts) >= 4 and parts[2] == "objects":
            self.version(parts[1])
            kind = self.kind(parts[3])
            self.scope(kind)
            if len(parts) == 4 and request.method == "GET":
                return self.listing(kind, request.query)
            if parts[4:] == ["search"] and request.method == "POST":
                return self.search(kind, body_of(request))
        if parts[:1] == ["crm"] and len(parts) == 7 and parts[2] == "associations" and parts[5:] == ["batch", "read"]:
            return self.associations(self.kind(parts[3]), self.kind(parts[4]), body_of(request))
        refuse(404, "OBJECT_NOT_FOUND", "resource not found")

    def admit(self, request):
        if request.bearer() is None:
            refuse(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if request.bearer() != TOKEN or self.world.fault("hubspot", "auth"):
            refuse(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired 3 second(s) ago.")
        fault = self.world.fault("hubspot", "throttle")
        if fault:
            policy = fault.get("policy", "TEN_SECONDLY_ROLLING")
            headers = {"Retry-After": str(fault["retry_after"])} if "retry_after" in fault else {}
            refuse(429, "RATE_LIMITS", "You have reached your %s limit." % policy.lower(), headers, errorType="RATE_LIMIT",
                   policyName=policy)
        if self.world.fault("hubspot", "locked"):
            refuse(423, "CONFLICT", "This resource is locked.")

    def version(self, version):
        if version not in VERSIONS:
            refuse(404, "OBJECT_NOT_FOUND", "resource not found")

    def kind(self, name):
        if name not in COUNTS:
            refuse(400, "VALIDATION_ERROR", "Unable to infer object type from: " + name)
        return name

    def scope(self, kind):
        if kind in self.world.knob("hubspot", "no_scope", []):
            refuse(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.",
                   errors=[{"message": "One or more of the following scopes are required.",
                            "context": {"requiredGranularScopes": ["crm.objects.%s.read" % kind]}}])

    def shown(self, kind, record, wanted):
        known = record["properties"]
        body = {"id": record["id"], "properties": {p: known[p] for p in wanted if p in known},
                "createdAt": iso(record["created"]), "updatedAt": iso(record["updated"]), "archived": bool(record["archived"])}
        if record["archived"]:
            body["archivedAt"] = iso(record["archived"])
        return body

    def listing(self, kind, query):
        limit = number(query.get("limit", "10"), "limit", LIST_MAX)
        is_archived = query.get("archived", "false") == "true"
        start = 0
        if query.get("after"):
            try:
                start = int(base64.b64decode(query["after"]))
            except ValueError:
                refuse(400, "VALIDATION_ERROR", "The after parameter is not valid")
        all_records = [r for r in self.records(kind) if bool(r["archived"]) == is_archived]
        limit = min(limit, self.world.knob("hubspot", "short", limit))
        page = [] if self.world.fault("hubspot", "empty_page") else all_records[start:start + limit]
        body = {"results": [self.shown(kind, r, split(query.get("properties", "createdate"))) for r in page]}
        if start + len(page) < len(all_records):
            after = base64.b64encode(b"%d" % (0 if self.world.knob("hubspot", "repeat_cursor", False) else start + len(page)))
            body["paging"] = {"next": {"after": after.decode(), "link": "https://api.hubapi.com/…"}}
        return Reply(body)

    def search(self, kind, asked):
        for member in SEARCH_MEMBERS:
            if member not in asked:
                refuse(400, "VALIDATION_ERROR", "Invalid input JSON: Some required fields were not set: [%s]" % member)
        limit, start = number(str(asked["limit"]), "limit", SEARCH_MAX), number(str(asked["after"] or "0"), "after", 2**31)
        if start + limit > CEILING and start >= CEILING:
            refuse(400, "VALIDATION_ERROR", "Paging through more than 10000 results is not supported")
        found = [r for r in self.records(kind) if not r["archived"] and self.matches(r, asked["filterGroups"])]
        for sort in asked["sorts"][::-1]:
            found.sort(key=lambda r: comparable(r["properties"].get(sort["propertyName"])),
                       reverse=sort.get("direction") == "DESCENDING")
        if self.world.knob("hubspot", "unsorted", False):
            found.reverse()
        page = found[start:start + min(limit, self.world.knob("hubspot", "short", limit))]
        body = {"total": len(found), "results": [self.shown(kind, r, asked["properties"]) for r in page]}
        if start + len(page) < len(found):
            body["paging"] = {"next": {"after": str(start + len(page))}}
        return Reply(body)

    def matches(self, record, groups):
        known = record["properties"]
        return not groups or any(all(holds(known, f) for f in group["filters"]) for group in groups)

    def associations(self, kind, to, asked):
        inputs = asked.get("inputs", [])
        if not inputs or len(inputs) > MAX_INPUTS:
            refuse(400, "VALIDATION_ERROR", "between 1 and %d inputs" % MAX_INPUTS)
        results, errors = [], []
        for entry in inputs:
            n = (int(entry["id"]) - FIRST_ID[kind]) // STEP
            linked = ["%d" % (FIRST_ID[to] + place * STEP) for place in self.links(kind, to, n)]
            if linked:
                results.append({"from": {"id": entry["id"]},
                                "to": [{"toObjectId": int(i), "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 1,
                                                                                   "label": None}]} for i in linked]})
            elif self.world.fault("hubspot", "batch_error"):
                errors.append({"status": "error", "category": "VALIDATION_ERROR", "message": "This id is of another account."})
            else:
                errors.append({"status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                               "message": "No %s is associated with %s %s." % (to, kind, entry["id"])})
        body = {"status": "COMPLETE", "results": results}
        if errors:
            body.update(errors=errors, numErrors=len(errors))
        return Reply(body, 207 if errors else 200)


def body_of(request):
    try:
        return json.loads(request.body)
    except ValueError:
        refuse(400, "VALIDATION_ERROR", "Invalid input JSON")


def split(text):
    return [part for part in text.split(",") if part]


def number(text, name, most):
    if not re.fullmatch(r"\d{1,12}", text) or int(text) > most:
        refuse(400, "VALIDATION_ERROR", "Invalid %s: %s (at most %d)" % (name, text, most))
    return int(text)


def comparable(value):
    """Numbers as numbers, times as milliseconds."""
    if value is None:
        return -1
    if re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value) if "." in value else int(value)
    moment = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z", value)
    if moment:
        whole = datetime.datetime.fromisoformat(moment.group(1) + "+00:00")
        return int(whole.timestamp()) * 1000 + int(moment.group(2))
    return value


def holds(known, condition):
    name, operator = condition["propertyName"], condition["operator"]
    if name not in known:
        refuse(400, "VALIDATION_ERROR", "There was a problem with the request: no property %s" % name)
    value = known[name]
    if operator == "HAS_PROPERTY":
        return value is not None
    if value is None:
        return False
    left, right = comparable(value), comparable(condition["value"])
    return {"GTE": left >= right, "GT": left > right, "LTE": left <= right, "LT": left < right, "EQ": left == right}[operator]
