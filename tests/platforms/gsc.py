# SPDX-License-Identifier: Apache-2.0
"""Google Search Console as its sheet describes it: sites and searchAnalytics/query."""

import datetime
import json
import re
import urllib.parse

from world import Reply, days, parse_day

SCOPES = {"https://www.googleapis.com/auth/webmasters.readonly", "https://www.googleapis.com/auth/webmasters"}
SITES = {"sc-domain:example.com": "siteFullUser", "https://shop.example.com/": "siteRestrictedUser",
         "https://other.example.com/": "siteUnverifiedUser"}
TYPES = ("web", "image", "video", "news", "discover", "googleNews")
MEMBERS = {"startDate", "endDate", "dimensions", "type", "searchType", "dimensionFilterGroups", "aggregationType", "rowLimit",
           "startRow", "dataState"}
MAX_LIMIT, DEFAULT_LIMIT = 25000, 1000
FINAL_AFTER, FRESH_AFTER, HISTORY_DAYS, SETTLE_DAYS = 3, 1, 480, 5
QUERIES = ("red shoes", "schuhe größe 43", "shoes \"cheap\"", "example shop", "靴", "returns policy", "opening hours", "jobs",
           "gift card", "size chart", "boots", "sandals")
PAGES = ("https://shop.example.com/", "https://shop.example.com/shoes?size=43&color=red", "https://shop.example.com/größe",
         "https://shop.example.com/returns")


def refuse(code, reason, message):
    raise Reply({"error": {"code": code, "message": message, "errors": [{"message": message, "domain": "global", "reason": reason}]}},
                code)


class SearchConsole:
    def __init__(self, world, oauth):
        self.world = world
        self.oauth = oauth

    # ---- what is true

    def lines(self, site, kind, day):
        """(query or None where it is anonymised, page, impressions, clicks, sum of positions) of a day."""
        world = self.world
        for n, query in enumerate(QUERIES + (None,)):
            for page in PAGES:
                key = (site, kind, day, n, page)
                if world.draw(0, 3, "shown", *key) == 0:
                    continue
                impressions = world.draw(1, 400, "impressions", *key) + world.restated(day, SETTLE_DAYS, "late", *key)
                clicks = impressions * world.draw(0, 60, "ctr", *key) // 1000
                yield query, page, impressions, clicks, sum(
                    world.draw(1, 40, "position", i, *key) for i in range(min(impressions, 3))) * (impressions // 3 + 1)

    def table(self, site, kind, first, last, dimensions):
        rows = {}
        for day in days(first, last):
            for query, page, impressions, clicks, positions in self.lines(site, kind, day):
                if query is None and "query" in dimensions:
                    continue
                names = {"date": day.isoformat(), "query": query, "page": page}
                sums = rows.setdefault(tuple(names[d] for d in dimensions), [0, 0, 0])
                for i, value in enumerate((clicks, impressions, positions)):
                    sums[i] += value
        by_clicks = sorted(rows.items(), key=lambda row: (-row[1][0], row[0]))
        return sorted(rows.items()) if dimensions == ["date"] else by_clicks

    def truth(self, query):
        first, last = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
        if not first or not last:
            raise Reply({"error": "from and to are needed"}, 400)
        last = min(last, self.newest(query.get("state", "final")))
        dimensions = ["date"] + [d for d in (query.get("dimension"),) if d]
        rows = self.table(query.get("account", "sc-domain:example.com"), query.get("type", "web"), first, last, dimensions)
        sums = [sum(row[1][i] for row in rows) for i in range(3)]
        return Reply({"rows": len(rows), "sums": dict(zip(("clicks", "impressions", "positions"), map(str, sums)))})

    def newest(self, state):
        return self.world.today() - datetime.timedelta(FINAL_AFTER if state == "final" else FRESH_AFTER)

    # ---- what is answered

    def answer(self, request):
        scopes = self.oauth.scopes(request.bearer())
        if scopes is None:
            refuse(401, "authError", "Request had invalid authentication credentials.")
        if not SCOPES & set(scopes):
            refuse(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
        quota = self.world.fault("gsc", "quota")
        if quota:
            refuse(quota.get("code", 403), quota.get("reason", "quotaExceeded"), "Search Analytics load quota exceeded.")
        where = re.fullmatch(r"/gsc/webmasters/v3/sites(?:/([^/]+)/searchAnalytics/query)?", request.target.partition("?")[0])
        if not where:
            refuse(404, "notFound", "Not found.")
        if where.group(1) is None and request.method == "GET":
            return Reply({"siteEntry": [{"siteUrl": s, "permissionLevel": p} for s, p in SITES.items()]})
        if where.group(1) is None or request.method != "POST":
            refuse(405, "httpMethodNotAllowed", "Method not allowed.")
        return self.query(urllib.parse.unquote(where.group(1)), self.asked(request))

    def asked(self, request):
        try:
            asked = json.loads(request.body)
        except ValueError:
            refuse(400, "parseError", "Parse Error")
        unknown = sorted(set(asked) - MEMBERS)
        if unknown:
            refuse(400, "invalidParameter", 'Unknown name "%s": Cannot find field.' % unknown[0])
        return asked

    def query(self, site, asked):
        if SITES.get(site, "siteUnverifiedUser") == "siteUnverifiedUser":
            refuse(403, "forbidden", "User does not have sufficient permission for site '%s'." % site)
        first, last = parse_day(asked.get("startDate")), parse_day(asked.get("endDate"))
        if not first or not last or first > last:
            refuse(400, "invalidParameter", "Invalid date range.")
        kind, state = asked.get("type", "web"), asked.get("dataState", "final")
        dimensions = [d.lower() for d in asked.get("dimensions", [])]
        limit, start = asked.get("rowLimit", DEFAULT_LIMIT), asked.get("startRow", 0)
        if kind not in TYPES or state not in ("final", "all") or set(dimensions) - {"date", "query", "page"}:
            refuse(400, "invalidParameter", "Invalid value.")
        if "query" in dimensions and kind in ("discover", "googleNews"):
            refuse(400, "invalidParameter", "Dimension query is not supported for this type.")
        if not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT or not isinstance(start, int) or start < 0:
            refuse(400, "invalidParameter", "Invalid rowLimit or startRow.")
        table = self.table(site, kind, first, min(last, self.newest(state)), dimensions)
        overlap = self.world.knob("gsc", "unstable", 0) if start else 0
        if not dimensions:  # knob total_lies: an impression more
            table = [((), [c, i + self.world.knob("gsc", "total_lies", 0), p]) for _, (c, i, p) in table]
        rows = [{"keys": list(key), "clicks": c, "impressions": i, "ctr": c / i, "position": p / i}
                for key, (c, i, p) in table[max(0, start - overlap):start + limit - overlap]]
        reply = {"rows": rows} if rows else {}
        reply["responseAggregationType"] = "byPage" if "page" in dimensions else "byProperty"
        if state == "all" and dimensions == ["date"] and last > self.newest("final"):
            reply["metadata"] = {"firstIncompleteDate": (self.newest("final") + datetime.timedelta(1)).isoformat()}
        return Reply(reply)
