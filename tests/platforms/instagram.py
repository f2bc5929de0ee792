# SPDX-License-Identifier: Apache-2.0
"""Instagram's side of the Graph API as its sheet describes it: accounts, insights by day, media and their insights."""

import base64
import datetime
import json
import re
import urllib.parse
import zoneinfo

from world import Reply, days, parse_day

TOKEN = "IGQV-stand-in-token"
VERSIONS = {"v24.0", "v25.0"}
PACIFIC = zoneinfo.ZoneInfo("America/Los_Angeles")
ACCOUNTS = {"17841400000000001": ("theshop", 5400), "17841400000000002": ("the.other.shop", 90)}
DAILY = ("views", "profile_views", "total_interactions", "website_clicks", "accounts_engaged", "likes", "comments", "shares", "saves",
         "replies")
BY_KIND = {"FEED": ("reach", "views", "saved", "likes", "comments", "shares", "total_interactions", "follows", "profile_visits"),
           "REELS": ("reach", "views", "likes", "comments", "shares", "saved", "total_interactions", "ig_reels_avg_watch_time",
                     "ig_reels_video_view_total_time"),
           "STORY": ("reach", "views", "replies", "navigation", "shares", "total_interactions", "follows")}
KINDS = ("FEED", "FEED", "REELS", "STORY")
SETTLE_DAYS, HISTORY_DAYS, MAX_LIMIT, MAX_SPAN_DAYS = 3, 50, 100, 30
REGAIN_HEADER = "X-Business-Use-Case-Usage"


def refuse(code, message, status=400, subcode=None, headers=None):
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AStandIn"}
    if subcode:
        error["error_subcode"] = subcode
    raise Reply({"error": error}, status, headers)


class Instagram:
    def __init__(self, world):
        self.world = world

    # ---- what is true

    def day(self, account, day):
        draw, late = self.world.draw, self.world.restated(day, SETTLE_DAYS, "ig", account)
        views = draw(100, 900, "views", account, day) + late
        return dict({name: draw(0, views // 10, name, account, day) for name in DAILY}, views=views, reach=views * 2 // 3)

    def media(self, account):
        """(id, kind, time), newest first."""
        found = []
        for back in range(1, HISTORY_DAYS):
            day = self.world.today() - datetime.timedelta(back)
            if self.world.draw(0, 2, "media", account, day):
                found.append(("1789%013d" % (day.toordinal() + int(account) % 7), KINDS[self.world.draw(0, 3, "kind", account, day)], day))
        return found

    def counters(self, ident):
        draw = self.world.draw
        reach = draw(50, 5000, "reach", ident)
        late = sum(draw(0, 3, "later", g, ident) for g in range(self.world.generation))
        return {"reach": reach, "views": reach + reach // 2 + late, "saved": draw(0, 20, "saved", ident), "likes": reach // 10,
                "comments": reach // 90, "shares": draw(0, 30, "shares", ident), "total_interactions": reach // 5, "follows": 0,
                "profile_visits": 1, "ig_reels_avg_watch_time": 3456, "ig_reels_video_view_total_time": reach * 1234 + 7,
                "replies": 0, "navigation": 3}

    def truth(self, query):
        account = query.get("account", "17841400000000001")
        if query.get("of") == "posts":
            posts = self.media(account)[:int(query.get("posts", 1000))]
            all_of = [(kind, self.counters(ident)) for ident, kind, _ in posts]
            sums = {name: str(sum(c[name] for kind, c in all_of if name in BY_KIND[kind]))
                    for name in ("reach", "views", "shares", "saved", "total_interactions")}
            sums["likes"], sums["comments"] = (str(sum(c[n] for _, c in all_of)) for n in ("likes", "comments"))
            milliseconds = sum(c["ig_reels_video_view_total_time"] for kind, c in all_of if kind == "REELS")
            sums["watch"] = "%d.%03d" % divmod(milliseconds, 1000)
            sums["watch"] = sums["watch"].rstrip("0").rstrip(".")
            return Reply({"rows": len(posts), "sums": sums})
        found = [self.day(account, day) for day in days(parse_day(query["from"]), parse_day(query["to"])) if day < self.world.today()]
        return Reply({"rows": len(found), "sums": {name: str(sum(f[name] for f in found)) for name in DAILY + ("reach",)}})

    # ---- what is asked

    def answer(self, request):
        path = request.path.split("/")[2:]
        self.admit(path, request)
        node, edge = path[1], path[2] if len(path) > 2 else None
        if node == "me" and edge == "accounts":
            rows = [{"id": "77", "name": "a page without"}] + [
                {"id": str(n), "instagram_business_account": {"id": i, "username": name}} for n, (i, (name, _)) in enumerate(ACCOUNTS.items())]
            return self.page(rows, request)
        if node in ACCOUNTS:
            return self.account(node, edge, request)
        for account in ACCOUNTS:
            for ident, kind, day in self.media(account):
                if ident == node and edge == "insights":
                    return self.medium(ident, kind, day, request)
        return refuse(100, "Unsupported get request. Object with ID '%s' does not exist" % node, subcode=33)

    def admit(self, path, request):
        if request.method != "GET" or len(path) < 2 or not re.fullmatch(r"v\d+\.\d", path[0]):
            refuse(2500, "Unknown path components: /" + "/".join(path))
        if path[0] not in VERSIONS:
            refuse(2635, "(#2635) You are calling a deprecated version of the API.")
        if request.bearer() != TOKEN or self.world.fault("instagram", "auth"):
            refuse(190, "Error validating access token: Session has expired.", 401, 463)
        if self.world.knob("instagram", "permissions", None) == [] and path[-1] == "insights":
            refuse(10, "(#10) Application does not have permission for this action", 403)
        fault = self.world.fault("instagram", "throttle")
        if fault:
            usage = {"1": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": fault.get("minutes", 0)}]}
            refuse(80002, "(#80002) There have been too many calls to this Instagram account.", headers={REGAIN_HEADER: json.dumps(usage)})

    def account(self, account, edge, request):
        name, followers = ACCOUNTS[account]
        if not edge:
            facts = {"username": name, "followers_count": followers, "follows_count": 3, "media_count": len(self.media(account)), "name": name}
            wanted = [f for f in request.query.get("fields", "").split(",") if f in facts]
            return Reply(dict({f: facts[f] for f in wanted}, id=account))
        if edge == "media":
            return self.page([self.listed(*m) for m in self.media(account)], request)
        if edge == "insights":
            return self.daily(account, request.query)
        return refuse(2500, "Unknown path components: /" + edge)

    def listed(self, ident, kind, day):
        counters = self.counters(ident)
        return {"id": ident, "caption": "Look \U0001f440 \"%s\"" % day, "media_type": "VIDEO" if kind == "REELS" else "IMAGE",
                "media_product_type": kind, "permalink": "https://www.instagram.com/p/%s/" % ident,
                "timestamp": "%sT10:00:00+0000" % day, "like_count": counters["likes"], "comments_count": counters["comments"]}

    def page(self, rows, request):
        """Cursors with every page; `next`, which holds the token, where there is one more."""
        limit = min(int(request.query.get("limit", 25)), self.world.knob("instagram", "short", MAX_LIMIT))
        start = int(base64.urlsafe_b64decode(request.query["after"])) if "after" in request.query else 0
        body = {"data": rows[start:start + limit]}
        if body["data"]:
            after = base64.urlsafe_b64encode(b"%d" % (start + limit)).decode("ascii")
            body["paging"] = {"cursors": {"before": "MA==", "after": after}}
            if start + limit < len(rows):
                query = dict(request.query, after=after, access_token=TOKEN)
                body["paging"]["next"] = request.base() + request.path + "?" + urllib.parse.urlencode(query)
        return Reply(body)

    # ---- insights

    def metrics(self, query, allowed, what):
        """One that is not allowed makes the platform refuse the whole call."""
        wanted = query.get("metric", "").split(",")
        for metric in wanted:
            if metric in self.world.knob("instagram", "retired", []):
                refuse(100, "(#100) metric[0] must be one of the following values: " + ", ".join(allowed))
            if metric not in allowed:
                refuse(100, "(#100) The Media Insights API does not support the %s metric for this %s." % (metric, what))
        return wanted

    def daily(self, account, query):
        is_total = query.get("metric_type") == "total_value"
        wanted = self.metrics(query, DAILY + ("reach",) if is_total else ("reach", "follower_count"), "account")
        if query.get("period") != "day":
            refuse(100, "(#100) period must be day")
        since, until = int(query.get("since", 0)), int(query.get("until", 0))
        if until <= since or until - since > MAX_SPAN_DAYS * 86400 + 3600:
            refuse(100, "(#100) There cannot be more than 30 days (2592000 s) between since and until")
        first, last = (datetime.datetime.fromtimestamp(at, PACIFIC) for at in (since, until))
        if (first.hour, first.minute, last.hour) != (0, 0, 0) and first.hour != 16 and first.hour != 17:
            refuse(100, "This stand-in wants midnights in Los Angeles, or of UTC where only the right is proved")
        span = [d for d in days(first.date(), last.date() - datetime.timedelta(1)) if d < self.world.today()]
        if is_total:
            found = {m: sum(self.day(account, d)[m] for d in span) for m in DAILY + ("reach",)} if span else {}
            if len(span) > 1:  # knob total_lies: days that do not add up
                found["views"] += self.world.knob("instagram", "total_lies", 0)
            return Reply({"data": [{"name": m, "period": "day", "title": m, "total_value": {"value": found[m]}, "id": "x"}
                                   for m in wanted if m in found]})
        values = [{"value": self.day(account, d)["reach"],
                   "end_time": datetime.datetime.combine(d + datetime.timedelta(1), datetime.time(0), PACIFIC)
                   .astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+0000")} for d in span]
        return Reply({"data": [{"name": "reach", "period": "day", "values": values, "id": "x"}] if values else []})

    def medium(self, ident, kind, day, request):
        if self.world.knob("instagram", "before_business", None) == ident:
            refuse(100, "(#100) The media was posted before the most recent time that the user's account was converted to a business account",
                   subcode=2108006)
        if kind == "STORY" and self.world.knob("instagram", "few_viewers", False):
            refuse(10, "(#10) Not enough viewers for the media to show insights")
        allowed = [m for m in BY_KIND[kind] if not (self.world.knob("instagram", "unfit", None) == ident and m == "views")]
        wanted = self.metrics(request.query, allowed, "media product type")
        counters = self.counters(ident)
        return Reply({"data": [{"name": m, "period": "lifetime", "values": [{"value": counters[m]}], "title": m, "id": "x"} for m in wanted]})
