# SPDX-License-Identifier: Apache-2.0
"""A Mastodon server as its sheet describes it: accounts and their statuses, paged by Link headers."""

import datetime
import urllib.parse

from world import Reply

TOKEN = "mastodon-stand-in-token"
ACCOUNTS = {"shop": ("109876543210123456", "The shop \U0001f6cd", 1234), "press@other.example": ("109876543210123499", "Press", 7)}
MAX_LIMIT, DEFAULT_LIMIT, SETTLE_DAYS, HISTORY_DAYS = 40, 20, 30, 100
LIMIT = 300
COUNTS = ("replies_count", "reblogs_count", "favourites_count", "quotes_count")


class Mastodon:
    def __init__(self, world):
        self.world = world

    # ---- what is true

    def followers(self, account):
        return ACCOUNTS[account][2] + self.world.restated(self.world.today(), 1, account)

    def statuses(self, account):
        """Newest first; ids grow with time and have up to 18 digits."""
        world, found = self.world, []
        for back in range(1, HISTORY_DAYS):
            day = world.today() - datetime.timedelta(back)
            for n in reversed(range(world.draw(0, 3, "posts", account, day))):
                key = (account, day, n)
                late = world.restated(day, SETTLE_DAYS, *key)
                found.append({"id": "11%014d%d" % (day.toordinal(), n), "created_at": "%sT%02d:00:00.000Z" % (day, n),
                              "visibility": "public", "url": "https://m.example/@%s/11%d%d" % (account, day.toordinal(), n),
                              "content": "<p>Post \u201e%d\u201c</p>" % n, "language": "en", "edited_at": None,
                              "in_reply_to_id": "1" if world.draw(0, 4, "reply", *key) == 0 else None,
                              "reblog": {"id": "5"} if world.draw(0, 5, "reblog", *key) == 0 else None,
                              "media_attachments": [], "tags": [], "replies_count": world.draw(0, 9, "replies", *key),
                              "reblogs_count": world.draw(0, 30, "reblogs", *key) + late,
                              "favourites_count": world.draw(0, 90, "likes", *key) + late, "quotes_count": 0})
        return found

    def truth(self, query):
        """All posts that are not shared ones; first, last: by the day of publishing."""
        account = query.get("account", "shop")
        if query.get("of") == "profile":
            return Reply({"rows": 1, "sums": {"followers": str(self.followers(account))}})
        chosen = [s for s in self.statuses(account) if not s["reblog"]][:int(query.get("posts", 10000))]
        if query.get("replies") == "0":
            chosen = [s for s in chosen if not s["in_reply_to_id"]]
        return Reply({"rows": len(chosen), "sums": {name: str(sum(s[name] for s in chosen)) for name in COUNTS}})

    # ---- what is asked

    def answer(self, request):
        try:
            reply = self.route(request)
        except Reply as refusal:
            reply = refusal
        reset = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.world.knob("mastodon", "reset_s", 300))
        reply.headers.update({"X-RateLimit-Limit": str(LIMIT), "X-RateLimit-Remaining": "0" if reply.status == 429 else "299",
                              "X-RateLimit-Reset": reset.isoformat(timespec="microseconds").replace("+00:00", "Z")})
        return reply

    def route(self, request):
        self.admit(request)
        path = request.path.split("/")[2:]
        if request.method != "GET" or path[:3] != ["api", "v1", "accounts"]:
            self.refuse(404, "Record not found")
        if path[3:] == ["lookup"]:
            return Reply(self.account(request.query.get("acct", "")))
        for account, (ident, _, _) in ACCOUNTS.items():
            if path[3:] == [ident]:
                return Reply(self.account(account))
            if path[3:] == [ident, "statuses"]:
                return self.page(account, request)
        return self.refuse(404, "Record not found")

    def refuse(self, status, error):
        raise Reply({"error": error}, status)

    def admit(self, request):
        if self.world.fault("mastodon", "limit"):
            self.refuse(429, "Too many requests")
        if "authorization" in request.headers and request.bearer() != TOKEN:
            self.refuse(401, "The access token is invalid")
        if not self.world.knob("mastodon", "scopes", True):
            self.refuse(403, "This action is outside the authorized scopes")
        if self.world.knob("mastodon", "limited", False) and not request.bearer():
            self.refuse(401, "This method requires an authenticated user")

    def account(self, account):
        if account not in ACCOUNTS:
            self.refuse(404, "Record not found")
        ident, name, _ = ACCOUNTS[account]
        return {"id": ident, "username": account.split("@")[0], "acct": account, "display_name": name,
                "followers_count": self.followers(account), "following_count": 12,
                "statuses_count": len(self.statuses(account)), "last_status_at": str(self.world.today())}

    def page(self, account, request):
        query = request.query
        try:
            limit = min(int(query.get("limit", DEFAULT_LIMIT)), MAX_LIMIT, self.world.knob("mastodon", "short", MAX_LIMIT))
        except ValueError:
            limit = DEFAULT_LIMIT
        rows = self.statuses(account)
        if query.get("exclude_reblogs") == "true":
            rows = [r for r in rows if not r["reblog"]]
        if query.get("exclude_replies") == "true":
            rows = [r for r in rows if not r["in_reply_to_id"]]
        if "max_id" in query:
            rows = [r for r in rows if (len(r["id"]), r["id"]) < (len(query["max_id"]), query["max_id"])]
        rows = rows[:limit]
        if not rows:
            return Reply([])
        links = []
        for rel, name, ident in (("next", "max_id", rows[-1]["id"]), ("prev", "min_id", rows[0]["id"])):
            more = {k: v for k, v in query.items() if k not in ("max_id", "min_id")}
            more[name] = ident
            links.append('<%s%s?%s>; rel="%s"' % (request.base(), request.path, urllib.parse.urlencode(more), rel))
        return Reply(rows, 200, {"Link": ", ".join(links)})
