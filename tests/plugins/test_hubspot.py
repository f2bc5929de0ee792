# SPDX-License-Identifier: Apache-2.0
"""hubspot against the stand-in: everything once, changes, archived and merged records, the search's ceiling, refusals."""

import datetime

import live
import conformance
import omni
import tap

TODAY = "2026-11-20"
STREAMS = {"contacts": ("crm_people", "contact_id"), "companies": ("crm_companies", "company_id"),
           "deals": ("crm_deals", "deal_id"), "emails": ("crm_activities", "activity_id")}


def hubspot(**options):
    stand_in.control(clear=True, generation=0)
    return live.source("crm", "hubspot", dict({"portal_id": "4711", "access_token": "pat-stand-in-hubspot-token", "overlap": "1s",
                                               "api_url": stand_in.url("hubspot")}, **options))


def truth(stream):
    return stand_in.truth("hubspot", TODAY, TODAY, stream=stream)


def moment(ms):
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def same(it, name):
    """The store holds what the platform has, each record once."""
    for stream, (dataset, key) in STREAMS.items():
        real = truth(stream)
        ids = [row[key] for row in it.rows("SELECT %s FROM %s WHERE stream = '%s'" % (key, dataset, stream))]
        tap.is_(sorted(ids), sorted(real["ids"]), "%s: every one of %s once" % (name, stream))
        tap.is_(it.value("SELECT count(*) FROM %s WHERE deleted AND stream = '%s'" % (dataset, stream)), real["deleted"],
                "%s: %s that are gone are marked" % (name, stream))
    tap.is_(it.value("SELECT sum(amount) FROM crm_deals WHERE NOT deleted") // 10000, truth("deals")["amount_cents"],
            name + ": the deals' amounts to the cent")


def test_all():
    with hubspot() as it:
        it.pull_ok("the first pull")
        same(it, "the first pull")
        person = it.rows("SELECT * FROM crm_people WHERE contact_id = '1007'")[0]
        tap.is_((person["name"], person["email"], person["company"], person["lead_source"]),
                ('Zoë "Z" Núñez 2', "person2@example.com", "Company 2", "PAID_SEARCH"), "a person's columns")
        tap.is_(it.value("SELECT count(*) FROM crm_people WHERE company_id IS NOT NULL"), truth("contacts")["linked"],
                "companies by the associations")
        tap.is_(it.row("SELECT name, domain, industry, employees, annual_revenue IS NULL FROM crm_companies WHERE company_id = '9004'"),
                ("Company 1", "company1.example", "RETAIL", 11, 0), "a company's columns")
        tap.is_(it.value("SELECT dec(sum(annual_revenue)) FROM crm_companies"), truth("companies")["sums"]["amount"],
                "the companies' revenues to the cent")
        tap.is_(it.value("SELECT count(DISTINCT created_date) FROM crm_people"), 2, "the day a person became known")
        for dataset in ("crm_people", "crm_deals"):
            tap.is_({row["channel"] for row in it.rows("SELECT DISTINCT channel FROM " + dataset)},
                    {"CRM", "Email", "Organic Search", "Organic Social", "Paid Search"}, dataset + ": the channel by the CRM's word for it")
        tap.ok(it.value("SELECT max(length(contact_ids)) FROM crm_deals") > 5, "several contacts of a deal")
        tap.is_(it.row("SELECT type, date, body FROM crm_activities WHERE activity_id = '71001'"), ("email", "2026-01-05", None),
                "an activity; no bodies unless asked for")
        tap.is_(it.value("SELECT count(*) FROM crm_deals WHERE amount IS NULL AND is_won IS NOT NULL") > 0, True,
                "no amount is no zero")


def test_changes():
    with hubspot(bodies=True) as it:
        it.pull_ok("before anything changed")
        feeds = it.omnihub("state", "show", "it", "--json").json()["feeds"]
        newest = {s: it.value("SELECT max(updated_at) FROM %s WHERE stream = '%s'" % (STREAMS[s][0], s)) for s in STREAMS}
        late = [f["stream"] for f in feeds if f["stream"] in STREAMS and
                moment(int(f["state"]["cursor"])) > newest[f["stream"]]]
        tap.is_(late, [], "the next pull begins at the last change seen, whatever this machine's clock says")
        again = it.pull_ok("the same again")
        tap.is_(sum(r.get("inserted", 0) + r.get("changed", 0) for r in again.values()), 0, "changes nothing")
        stand_in.control(restate=1)
        changed = it.pull_ok("after changes")
        tap.ok(0 < changed["contacts"]["read"] < 120, "reads only what changed")
        same(it, "after changes")
        real = truth("contacts")
        tap.is_(it.value("SELECT count(*) FROM crm_people WHERE merged_into IS NOT NULL"), real["merged"], "merged contacts")
        tap.is_(it.row("SELECT merged_into, deleted FROM crm_people WHERE contact_id = '1031'"), ("1034", 1), "and into which")
        tap.is_(it.value("SELECT body FROM crm_activities WHERE activity_id = '71001'"), "Text 0", "bodies where asked for")
        stand_in.control(restate=1)
        it.pull_ok("after more changes")
        same(it, "after more changes")


def test_ceiling():
    with hubspot(associations=False) as it:
        stand_in.control(knobs={"hubspot": {"contacts": 10450, "touch_all": True}})
        it.pull_ok("more than a search ever shows", streams=["contacts"])
        stand_in.control(restate=1)
        result = it.pull_ok("all of them changed at one moment", streams=["contacts"])["contacts"]
        real = truth("contacts")
        ids = [row["contact_id"] for row in it.rows("SELECT contact_id FROM crm_people")]
        tap.is_(sorted(ids), sorted(real["ids"]), "beyond the 10,000th: none lost, none doubled")
        stamp = it.rows("SELECT updated_at, count(*) AS n FROM crm_people GROUP BY 1 ORDER BY n DESC LIMIT 1")[0]
        tap.ok(stamp["n"] > 9500, "they do share one time")
        tap.ok(result["changed"] > 9500, "and all were read by the search")


def test_order():
    with hubspot() as it:
        it.pull_ok("first", streams=["emails"])
        stand_in.control(restate=1, knobs={"hubspot": {"unsorted": True, "touch_all": True}})
        it.pull_fails("failed", "order of ids", "a search in another order", streams=["emails"])
    with hubspot() as it:
        stand_in.control(knobs={"hubspot": {"repeat_cursor": True}})
        it.pull_fails("failed", "", "a list that goes in circles", streams=["contacts"])
        tap.is_(it.value("SELECT count(*) FROM crm_people"), 0, "stores nothing")


def test_refusals():
    with hubspot(access_token="pat-wrong") as it:
        it.pull_fails("failed", "expired", "a token that is refused", streams=["contacts"])
    with hubspot() as it:
        stand_in.control(knobs={"hubspot": {"no_scope": ["deals"]}})
        results = it.pull(streams=["contacts", "deals"])
        tap.is_((results["contacts"]["outcome"], results["deals"]["outcome"]), ("ok", "failed"), "a missing scope stops its stream")
        tap.has(results["deals"]["message"], "add the scope", "and says what to do")
        check = it.omnihub("check", "--connect")
        tap.is_(check.code, 0, "check --connect: the login is good")
        tap.has(check.err, "no deals: ", "and it warns of what will not come")
        tap.has(check.err, "MISSING_SCOPES", "and names the reason")
        stand_in.control(knobs={"hubspot": {"no_scope": ["contacts", "companies", "deals", "calls"]}})
        tap.ok(it.omnihub("check", "--connect").code != 0, "a login that may read nothing is none")
    for fields, wanted in (({"contact": {}}, "no such stream"), ({"contacts": {"colour": "x"}}, 'feeds column "colour"'),
                           ({"contacts": {"city": "a b"}}, "own name"), ({"contacts": {"contact_id": "x"}}, "feeds column")):
        with hubspot(fields=fields) as it:
            done = it.omnihub("pull")
            tap.ok(done.code != 0 and wanted in done.out + done.err, "fields = %s is refused" % fields)


def test_fields():
    with hubspot(fields={"contacts": {"lead_source": "segment", "city": ""}}) as it:
        it.pull_ok("other properties", streams=["contacts"])
        tap.is_(it.row("SELECT lead_source, city FROM crm_people WHERE contact_id = '1007'"), ("s2", None),
                "one exchanged, one left out")
    with hubspot(fields={"contacts": {"lead_source": "nowhere"}}) as it:
        it.pull_ok("a property that the account lacks", streams=["contacts"])
        tap.is_(it.value("SELECT count(lead_source) FROM crm_people"), 0, "gives no value")


def test_limits():
    with hubspot() as it:
        stand_in.control(faults=[{"platform": "hubspot", "kind": "throttle", "policy": "SECONDLY", "retry_after": 1},
                                 {"platform": "hubspot", "kind": "status", "code": 502, "after": 1}])
        it.pull_ok("too many calls in a second, a gateway's fault", streams=["notes"])
        stand_in.control(clear=True, fault={"platform": "hubspot", "kind": "throttle", "policy": "DAILY"})
        it.pull_fails("parked", "daily", "the day's calls are used up", streams=["notes"])


def test_odd_replies():
    for kind, outcome in (("empty_page", "ok"), ("batch_error", "failed")):
        with hubspot() as it:
            stand_in.control(fault={"platform": "hubspot", "kind": kind})
            tap.is_(it.pull(streams=["contacts"])["contacts"]["outcome"], outcome, kind)
            tap.is_(it.value("SELECT count(*) FROM crm_people"), 230 if outcome == "ok" else 0, kind + ": rows")


# Reaches back so far that each pull reads everything again, by the search.
DEALS = conformance.Subject(
    kit=True,
    plugin="hubspot", family="crm", platform="hubspot", stream="deals", dataset="crm_deals", truth={"stream": "deals"},
    options=lambda b: {"portal_id": "4711", "access_token": b.secret("pat-stand-in-hubspot-token"), "overlap": "500d"},
    counts={"deleted": "deleted"}, exact={"amount": "amount"}, windowed=False, restates=False, emptied="ok",
    data="/deals/search", records="results", field="updatedAt", number="properties.amount", pages={"page_size": 30},
    circle="order of ids", short={"knobs": {"hubspot": {"short": 7}}}, version={"options": {"api_version": "v1"}},
    scope={"knobs": {"hubspot": {"no_scope": ["contacts", "companies", "deals", "calls"]}}, "says": "MISSING_SCOPES"},
    lacks={"restates": "changed deals come by the cursor: see test_changes", "report": "there are no reports",
           "totals": "records that changed have no total"})


def test_conformance():
    stand_in.control(clear=True, generation=0)
    conformance.conform(stand_in, DEALS)


with omni.StandIn("--today", TODAY) as stand_in:
    tap.run([test_all, test_changes, test_ceiling, test_order, test_refusals, test_fields, test_limits, test_odd_replies,
             test_conformance])
