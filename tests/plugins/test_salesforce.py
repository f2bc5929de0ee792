# SPDX-License-Identifier: Apache-2.0
"""salesforce against the stand-in: logins, everything once, changes, pages that die with their session, slow queries, quota."""

import live
import conformance
import omni
import tap

TODAY = "2026-11-20"
CLIENT, SECRET, REFRESH = "3MVG9stand-in-consumer-key", "stand-in-consumer-secret", "5Aep861-stand-in-refresh"
STREAMS = {"leads": ("crm_people", "contact_id"), "contacts": ("crm_people", "contact_id"), "accounts": ("crm_companies", "company_id"),
           "opportunities": ("crm_deals", "deal_id"), "tasks": ("crm_activities", "activity_id")}


def salesforce(**options):
    stand_in.control(clear=True, generation=0)
    url = stand_in.url("salesforce")
    return live.source("crm", "salesforce", dict({"org_id": "00D000000000001AAA", "client_id": CLIENT, "client_secret": SECRET,
                                                  "refresh_token": REFRESH, "api_url": url, "login_url": url, "overlap": "1s",
                                                  "page_size": 200}, **options))


def knobs(**values):
    stand_in.control(knobs={"salesforce": values})


def same(it, name, streams=tuple(STREAMS)):
    for stream in streams:
        dataset, key = STREAMS[stream]
        real = stand_in.truth("salesforce", TODAY, TODAY, stream=stream)
        ids = [row[key] for row in it.rows("SELECT %s FROM %s WHERE stream = '%s'" % (key, dataset, stream))]
        tap.is_(sorted(ids), real["ids"], "%s: every one of %s once" % (name, stream))
        tap.is_(str(it.value("SELECT sum(deleted) FROM %s WHERE stream = '%s'" % (dataset, stream))), real["sums"]["deleted"],
                "%s: deleted %s are marked" % (name, stream))
        if dataset in ("crm_people", "crm_companies"):
            tap.is_(it.value("SELECT count(merged_into) FROM %s WHERE stream = '%s'" % (dataset, stream)), real["merged"],
                    "%s: merged %s point to who is left" % (name, stream))
        for column, of in (("amount", "crm_deals"), ("annual_revenue", "crm_companies")):
            if dataset == of:
                tap.is_(it.value("SELECT dec(sum(%s)) FROM %s" % (column, of)), real["sums"]["amount"], name + ": amounts to the cent")


def test_all():
    with salesforce(currency="EUR") as it:
        it.pull_ok("the first pull")
        same(it, "the first pull")
        deal = it.rows("SELECT dec(probability) AS p, is_won, is_closed, stage, currency, closed_at FROM crm_deals WHERE deal_id LIKE "
                       "'006%01AAA' LIMIT 1")[0]
        tap.is_(deal, {"p": "0.675", "is_won": 0, "is_closed": 0, "stage": "Negotiation", "currency": "EUR",
                       "closed_at": "2026-12-02T00:00:00Z"}, "an opportunity's columns")
        tap.is_(it.value("SELECT count(DISTINCT company) FROM crm_people WHERE stream = 'contacts'"), 6, "the accounts' names")
        tap.is_(it.row("SELECT deal_id IS NULL, body FROM crm_activities WHERE activity_id LIKE '%0003AAA'"), (1, None),
                "an account is no deal; no bodies unless asked for")
        company = it.rows("SELECT name, domain, type, employees, currency, country FROM crm_companies "
                          "WHERE company_id LIKE '001%03AAA'")[0]
        tap.is_(company, {"name": "Account 3", "domain": "https://account3.example", "type": "Customer", "employees": 13,
                          "currency": "EUR", "country": "PT"}, "an account's columns")
        tap.is_({row["channel"] for row in it.rows("SELECT DISTINCT channel FROM crm_people")}, {"CRM", "Referral"}, "channels of people")
        again = it.pull_ok("the same again")
        tap.is_(sum(r["inserted"] + r["changed"] for r in again.values()), 0, "changes nothing")
        stand_in.control(restate=1)
        changed = it.pull_ok("after changes")
        tap.ok(changed["leads"]["read"] < 250, "reads only what changed")
        same(it, "after changes")


def test_logins():
    with salesforce(refresh_token=None) as it:
        it.pull_ok("client credentials", streams=["tasks"])
    key = stand_in.key_file()["private_key"]
    with salesforce(refresh_token=None, client_secret=None, user_name="reports@example.com") as it:
        it.configure(private_key="file:" + it.write("key.pem", key, 0o600))
        it.pull_ok("a signed assertion", streams=["tasks"])
        same(it, "a signed assertion", ["tasks"])
        stand_in.control(clear=True, fault={"platform": "salesforce", "kind": "not_approved", "times": 9})
        it.pull_fails("failed", "approved this consumer", "an app that was not approved")
    with salesforce(refresh_token="old") as it:
        it.pull_fails("failed", "log in again", "a refresh token that is over")


def test_dead_pages():
    with salesforce() as it:
        knobs(session_requests=2)
        result = it.pull_ok("sessions that end between pages", streams=["leads"])["leads"]
        same(it, "sessions that end between pages", ["leads"])
        tap.is_(result["read"], 640, "sessions that end between pages: not a record is read twice")
    with salesforce() as it:
        stand_in.control(fault={"platform": "salesforce", "kind": "locator_gone", "after": 1})
        it.pull_ok("a page that is gone", streams=["leads"])
        same(it, "a page that is gone", ["leads"])
    with salesforce() as it:
        knobs(repeat_page=True)
        it.pull_fails("failed", "", "a page that names itself as the next", streams=["leads"])
        tap.is_(it.value("SELECT count(*) FROM crm_people"), 0, "stores nothing")


def test_slow_queries():
    with salesforce() as it:
        knobs(Lead=1300, slow_above=700)
        it.pull_ok("queries that take too long are cut", streams=["leads"])
        same(it, "queries that take too long are cut", ["leads"])
        knobs(slow_above=0)
        it.omnihub("state", "reset", "it")
        it.pull_fails("retrying", "too long", "one that always does", streams=["leads"])


def test_quota():
    with salesforce() as it:
        knobs(daily=100)
        it.pull_fails("parked", "quota_percent", "the share of the org's calls is used", streams=["leads"])
        stand_in.control(clear=True, fault={"platform": "salesforce", "kind": "limit"})
        it.wait_is_over()
        it.pull_fails("parked", "REQUEST_LIMIT_EXCEEDED", "all of them are", streams=["leads"])
        it.wait_is_over()
        stand_in.control(clear=True, fault={"platform": "salesforce", "kind": "status", "code": 406, "after": 1})
        it.pull_ok("HTTP 406 passes", streams=["tasks"])


def test_refusals():
    for options, words in (({"fields": {"leads": {"lead_source": "Nowhere__c"}}}, "option fields"),
                           ({"api_version": "v20.0"}, "api_version"), ({"page_size": 10}, "200 to 2000")):
        with salesforce(**options) as it:
            it.configure(["leads"])
            done = it.omnihub("pull")
            tap.ok(done.code != 0 and words in done.out + done.err, "%s is refused, with what to do" % options)
    with salesforce(multi_currency=True) as it:
        it.pull_fails("failed", "CurrencyIsoCode", "an org with one currency", streams=["opportunities"])
    with salesforce(fields={"leads": {"lead_source": "Source__c", "city": ""}}, bodies=True) as it:
        it.pull_ok("other fields", streams=["leads", "tasks"])
        tap.is_(it.row("SELECT lead_source, city FROM crm_people WHERE contact_id LIKE '%0003AAA'"), ("own 1", None),
                "one exchanged, one left out")
        tap.is_(it.value("SELECT body FROM crm_activities WHERE activity_id LIKE '%0003AAA'"), "Text 3", "bodies where asked for")
    with salesforce() as it:
        tap.is_(it.omnihub("check", "--connect").code, 0, "check --connect")
        knobs(hidden=["Opportunity"])
        check = it.omnihub("check", "--connect")
        tap.is_(check.code, 0, "check --connect: the login is good")
        tap.has(check.err, "no opportunities: INVALID_TYPE", "and it names what the user may not see")
        knobs(hidden=["Lead", "Contact", "Account", "Opportunity", "Task", "Event"])
        tap.ok(it.omnihub("check", "--connect").code != 0, "a user who may see nothing is none")


def conforming(bench):
    return {"org_id": "00D000000000001AAA", "client_id": CLIENT, "client_secret": bench.secret(SECRET),
            "refresh_token": bench.secret(REFRESH), "login_url": stand_in.url("salesforce"), "overlap": "500d"}


# Reaches back so far that each pull reads everything again. A page's address is its own: the same page twice is a test above.
OPPORTUNITIES = conformance.Subject(
    kit=True,
    plugin="salesforce", family="crm", platform="salesforce", stream="opportunities", dataset="crm_deals",
    truth={"stream": "opportunities"}, options=conforming, counts={"deleted": "deleted"}, exact={"amount": "amount"}, windowed=False,
    restates=False, emptied="ok", data="/services/data", records="records", field="IsDeleted", number="Amount",
    pages={"page_size": 200}, circle=None, renews=True, short={"knobs": {"salesforce": {"short": 90}}},
    version={"options": {"api_version": "v20.0"}},
    scope={"knobs": {"salesforce": {"hidden": ["Lead", "Contact", "Account", "Opportunity", "Task", "Event"]}}, "says": "INVALID_TYPE"},
    lacks={"circle": "a page's address is its own: see test_dead_pages", "restates": "changed records come by the cursor: see test_all",
           "report": "queries are answered at once", "totals": "records that changed have no total"})


def test_conformance():
    stand_in.control(clear=True, generation=0)
    conformance.conform(stand_in, OPPORTUNITIES)


with omni.StandIn("--today", TODAY) as stand_in:
    tap.run([test_all, test_logins, test_dead_pages, test_slow_queries, test_quota, test_refusals, test_conformance])
