/* SPDX-License-Identifier: Apache-2.0
 * The table of checks. What a plugin author reads of each stands here too, so that score sheet and
 * manual say the same. */
#include <config.h>

#include "kit/checks.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* ---- which fields ---- */

static bool is_key(const struct omni_field *f)
{
    return spoil_can(f) && (f->flags & OMNI_KEY);
}

static bool is_number(const struct omni_field *f)
{
    return spoil_can(f) && f->column &&
           (f->type == OMNI_INT || f->type == OMNI_MICROS || f->type == OMNI_REAL);
}

static bool is_measure(const struct omni_field *f)
{
    return is_number(f) && !(f->flags & OMNI_KEY);
}

/* No hole can be made in a list. */
static bool has_place(const struct omni_field *f)
{
    return f->path[0] == '$' && strchr(f->path, '[');
}

/* A CSV that leaves zeros out has empty cells, but the column. */
static bool is_optional(const struct omni_field *f)
{
    uint32_t flags = OMNI_OPTIONAL | (f->path && f->path[0] == '$' ? OMNI_ZERO_IF_ABSENT : 0);
    return spoil_can(f) && (f->flags & flags) && !is_key(f) && !has_place(f);
}

static bool is_needed(const struct omni_field *f)
{
    return spoil_can(f) && !is_optional(f) && !has_place(f);
}

static bool is_free_text(const struct omni_field *f)
{
    return spoil_can(f) && f->type == OMNI_TEXT && !(f->flags & OMNI_KEY);
}

/* ---- faults ---- */

#define REPLY(name, times, ...)                                                                    \
    static size_t name(json_t *tape, const struct spoil_field *f)                                  \
    {                                                                                              \
        (void)f;                                                                                   \
        return spoil_reply(tape, &(struct spoil_reply){__VA_ARGS__}, (times));                     \
    }
REPLY(throttle_once, SPOIL_ONCE, .status = 429, .body = "{}")
REPLY(throttle_told, SPOIL_ONCE, .status = 429, .header = "retry-after: 1", .body = "{}")
REPLY(throttle_long, SPOIL_ALWAYS, .status = 429, .header = "retry-after: 3000", .body = "{}")
REPLY(unavailable, SPOIL_ONCE, .status = 503, .body = "busy")
REPLY(down, SPOIL_ALWAYS, .status = 503, .body = "busy")
REPLY(reset, SPOIL_ONCE, .fault = "reset")
REPLY(late, SPOIL_ONCE, .fault = "timeout")
REPLY(web_page, SPOIL_ALWAYS, .status = 200, .header = "content-type: text/html",
      .body = "<!DOCTYPE html><html><body>Please log in</body></html>")
REPLY(nothing, SPOIL_ALWAYS, .status = 200, .header = "content-type: application/json")
REPLY(errors, SPOIL_ALWAYS, .status = 200, .header = "content-type: application/json",
      .body = "{\"data\":null,\"errors\":[{\"message\":\"a fault of the test\"}]}")
REPLY(login_once, SPOIL_ONCE, .status = 401, .body = "{}")
REPLY(login_dead, SPOIL_ALWAYS, .status = 401, .body = "{}")
REPLY(forbidden, SPOIL_ALWAYS, .status = 403, .body = "{}")
REPLY(gone, SPOIL_ALWAYS, .status = 404, .body = "{}")
REPLY(cancel, SPOIL_ALWAYS, .fault = "cancel")
REPLY(die, SPOIL_ALWAYS, .fault = "kill")

static size_t cut(json_t *tape, const struct spoil_field *f)
{
    (void)f;
    return spoil_half(tape, "cut", SPOIL_ONCE);
}

static size_t half(json_t *tape, const struct spoil_field *f)
{
    (void)f;
    return spoil_half(tape, NULL, SPOIL_ALWAYS);
}

static size_t repeat(json_t *tape, const struct spoil_field *f)
{
    (void)f;
    return spoil_repeat(tape);
}

static size_t empty(json_t *tape, const struct spoil_field *f)
{
    (void)f;
    return spoil_empty(tape);
}

static size_t other_total(json_t *tape, const struct spoil_field *f)
{
    (void)f;
    return spoil_numbers(tape);
}

static size_t unknown(json_t *tape, const struct spoil_field *f)
{
    (void)f;
    return spoil_unknown(tape);
}

static size_t to_object(json_t *tape, const struct spoil_field *f)
{
    json_t *value = json_pack("{s:i}", "was", 1);
    size_t n = spoil_set(tape, f, value);
    json_decref(value);
    return n;
}

static size_t to_word(json_t *tape, const struct spoil_field *f)
{
    json_t *value = json_string("many");
    size_t n = spoil_set(tape, f, value);
    json_decref(value);
    return n;
}

static size_t to_null(json_t *tape, const struct spoil_field *f)
{
    return spoil_set(tape, f, NULL);
}

static size_t to_huge(json_t *tape, const struct spoil_field *f)
{
    json_t *value = json_string("999999999999999999999999999999");
    size_t n = spoil_set(tape, f, value);
    json_decref(value);
    return n;
}

static size_t hostile(json_t *tape, const struct spoil_field *f)
{
    return spoil_append(tape, f,
                        "'; DROP TABLE d_orders; --\n<script>alert(1)</script>\t\xF0\x9F\x98\x80"
                        "\xE2\x80\xAE\"\\");
}

/* ---- the table ---- */

#define NEVER_STORED "rows that are wrong or not whole would be stored as if they were right"
#define CLOCK        "take days from request->from_day and to_day, never from time()"
#define ALL_CALLS    (CHECK_PULL | CHECK_CHECK | CHECK_ACCOUNTS)
#define LISTS        (CHECK_PULL | CHECK_ACCOUNTS)
#define RETURN_STATUS                                                                              \
    "return the status of hub->http() and hub->rows() at once where it is not OMNI_OK"

const struct check checks[] = {
    {"again", "the same window twice changes nothing",
     "a pull that is repeated changes the numbers of days that did not change",
     "declare every column that tells rows apart with OMNI_KEY; never use the clock or a counter",
     CHECK_SAME},
    {"clock-ahead", "a clock that is a day ahead", "the requests depend on this machine's clock",
     CLOCK, CHECK_SAME, .hours = 24},
    {"clock-behind", "a clock that is a day behind", "the requests depend on this machine's clock",
     CLOCK, CHECK_SAME, .hours = -24},
    {"clock-hours-ahead", "a clock that is some hours ahead, into the next day",
     "the requests depend on this machine's clock", CLOCK, CHECK_SAME, .hours = 5},
    {"clock-hours-behind", "a clock that is some hours behind",
     "the requests depend on this machine's clock", CLOCK, CHECK_SAME, .hours = -5},
    {"throttled", "too many requests, once (429)", "the platform's quota ends the pull",
     "judge() must leave 429 to the hub: return OMNI_E_UNSUPPORTED for what is not the platform's "
     "own",
     CHECK_SAME, .spoil = throttle_once, .calls = ALL_CALLS},
    {"throttled-told", "too many requests, wait a second (Retry-After)",
     "the platform's word about how long to wait is lost",
     "leave *wait_ms at 0 unless the reply says it in its own way", CHECK_SAME,
     .spoil = throttle_told, .calls = ALL_CALLS},
    {"throttled-long", "too many requests, for an hour",
     "a long wait is taken for a failure, or the wait is not kept",
     "return the status of hub->http() and hub->rows() unchanged: OMNI_E_THROTTLED parks the run",
     CHECK_REFUSED, "parked", throttle_long, .calls = ALL_CALLS},
    {"unavailable", "once HTTP 503", "a passing fault of the platform ends the pull",
     "judge() must leave 5xx to the hub, or return OMNI_E_RETRY", CHECK_SAME, .spoil = unavailable,
     .calls = ALL_CALLS},
    {"reset", "once a connection that is reset", "a passing fault of the network ends the pull",
     RETURN_STATUS "; for a POST that only asks, set OMNI_HTTP_REPEATABLE", CHECK_SAME,
     .spoil = reset, .calls = ALL_CALLS},
    {"timeout", "once no reply in time", "a passing fault of the network ends the pull",
     RETURN_STATUS "; for a POST that only asks, set OMNI_HTTP_REPEATABLE", CHECK_SAME,
     .spoil = late, .calls = ALL_CALLS},
    {"cut", "once a page that is cut off", "rows of half a page are lost or doubled",
     "send rows only from a reply whose call returned OMNI_OK; for a POST that only asks, set "
     "OMNI_HTTP_REPEATABLE",
     CHECK_SAME, .spoil = cut, .calls = ALL_CALLS},
    {"down", "HTTP 503 for ever", NEVER_STORED, RETURN_STATUS, CHECK_REFUSED,
     "retrying|parked|failed", down, .calls = ALL_CALLS},
    {"half-page", "half a page as if it were whole", NEVER_STORED,
     "do not read replies with string functions: hub->rows() or omni_json_*() notice what is not "
     "JSON",
     CHECK_REFUSED, "failed|retrying", half, .calls = LISTS},
    {"web-page", "a login page in the place of data", NEVER_STORED, RETURN_STATUS, CHECK_REFUSED,
     "failed|retrying", web_page, .calls = ALL_CALLS},
    {"no-body", "HTTP 200 with nothing in it", "nothing at all is taken for \"no rows\"",
     "an empty list is no rows; no list is an error: hub->fail(run, OMNI_E_DATA, \"…\")",
     CHECK_REFUSED, "failed|retrying|suspicious", nothing, .calls = LISTS},
    {"errors", "GraphQL errors under HTTP 200", NEVER_STORED,
     "judge() looks for errors[0].message in every reply (new-plugin --graphql shows how)",
     CHECK_REFUSED, "failed|retrying|parked", errors, .aim = SPOIL_GRAPHQL},
    {"repeated-page", "a page that comes again and again",
     "rows are doubled, or the pull never ends",
     "use omni_pages_after(), omni_pages_link() or omni_pages_offset(), and end with "
     "omni_pages_end()",
     CHECK_REFUSED, "failed", repeat, .needs = "two pages of records"},
    {"login-once", "the login dies between two pages, and is renewed",
     "a token that runs out ends the pull",
     "judge() must leave 401 to the hub, or return OMNI_E_AUTH", CHECK_SAME, .spoil = login_once,
     .calls = ALL_CALLS, .aim = SPOIL_LOGIN, .needs = "a request with a login"},
    {"login-dead", "the login dies between two pages for good",
     "the admin is not told to renew the login, or half of the window is stored",
     RETURN_STATUS "; a refused login is OMNI_E_AUTH", CHECK_REFUSED, "failed", login_dead,
     .calls = ALL_CALLS, .aim = SPOIL_LOGIN, .needs = "a request with a login"},
    {"forbidden", "no permission (403)", NEVER_STORED, RETURN_STATUS, CHECK_REFUSED,
     "failed|parked|retrying", forbidden, .calls = ALL_CALLS},
    {"not-found", "what is asked for is not there (404)", NEVER_STORED,
     RETURN_STATUS
     "; the empty answer of an API that says 404 for \"none\" is judge()'s to explain",
     CHECK_REFUSED, "failed|retrying", gone, .calls = ALL_CALLS},
    {"unknown", "members that nobody knew", "an API that grows breaks the connector",
     "look members up by name, never by position", CHECK_SAME, .spoil = unknown, .calls = LISTS},
    {"no-rows", "no rows where there were rows", "stored days are wiped by an empty answer",
     "return OMNI_OK with no rows and leave it to the hub, which asks a person", CHECK_KEPT,
     "suspicious|failed", empty},
    {"missing", "a field that is gone", NEVER_STORED,
     "give fields that may be missing OMNI_OPTIONAL or OMNI_ZERO_IF_ABSENT, and no others; in rows "
     "of your own, omni_row_begin() does it",
     CHECK_REFUSED, "failed|suspicious", spoil_remove, is_needed},
    {"missing-optional", "an optional field that is gone",
     "a field that is declared as optional is not",
     "do not fail where an OMNI_OPTIONAL field is absent", CHECK_FINE, .spoil = spoil_remove,
     .on = is_optional},
    {"null-key", "a key that is null", NEVER_STORED, "declare the column with OMNI_KEY",
     CHECK_REFUSED, "failed", to_null, is_key},
    {"object", "a number that became an object", NEVER_STORED,
     "declare the field's type; do not turn what is no number into 0", CHECK_REFUSED, "failed",
     to_object, is_number},
    {"word", "a number that became a word", NEVER_STORED,
     "declare the field's type; do not turn what is no number into 0", CHECK_REFUSED, "failed",
     to_word, is_number},
    {"huge", "a number with thirty digits", "a number that does not fit is cut to one that does",
     "never through a double or atol(): fields of the table and omni_json_micros() notice it",
     CHECK_REFUSED, "failed", to_huge, is_number},
    {"hostile", "a name with quotes, SQL, markup, line breaks and emoji",
     "texts of the platform can break rows or requests",
     "copy texts as they are; into urls only with omni_query(), into bodies with "
     "omni_text_add_json()",
     CHECK_ORDERLY, .spoil = hostile, .on = is_free_text},
    {"restated", "a number that the platform changed afterwards",
     "changed days keep their old numbers",
     "do not remember values between pulls; declare settle_days", CHECK_TAKEN,
     .spoil = spoil_increase, .on = is_measure},
    {"total-forbidden", "no permission for the platform's own totals (403)",
     "totals that cannot be had are taken for totals that agree", RETURN_STATUS, CHECK_REFUSED,
     "failed|parked|retrying", forbidden, .aim = SPOIL_TOTAL},
    {"total-login", "the login dies before the totals", "the admin is not told to renew the login",
     RETURN_STATUS, CHECK_REFUSED, "failed", login_dead, .aim = SPOIL_TOTAL},
    {"total-cut", "once totals that are cut off", "a passing fault of the network ends the pull",
     "for a POST that only asks, set OMNI_HTTP_REPEATABLE", CHECK_SAME, .spoil = cut,
     .aim = SPOIL_TOTAL},
    {"total-other", "totals that are not those of the rows",
     "rows that are missing are not noticed",
     "hand each total to hub->found_total() as it is, in millionths, with the column's name",
     CHECK_REFUSED, "suspicious|failed", other_total, .aim = SPOIL_TOTAL},
    {"cancel", "stopped while it waits for a page",
     "the hub cannot be stopped, or stores half a window",
     RETURN_STATUS "; in loops of your own ask hub->cancelled()", CHECK_REFUSED, "interrupted",
     cancel},
    {"restart", "killed in the middle, then run again", "what was pulled before is lost or doubled",
     "keep state with hub->remember() and hub->cursor() only", CHECK_REFUSED,
     "crashed|interrupted|failed", die},
};
const size_t n_checks = ARRAY_LEN(checks);

bool check_is_for(const struct check *c, unsigned call)
{
    return (c->calls ? c->calls : CHECK_PULL) & call;
}

/* ---- judging ---- */

/* Ends that no reply may lead to. */
static bool is_disorder(const char *outcome)
{
    return text_in_list(outcome, strlen(outcome), "crashed|hung|oom|denied|protocol|none", "|");
}

static char *wrong(const struct check_run *r, const char *what)
{
    return xasprintf("%s: the run was %s%s%s", what, r->outcome, r->message ? ": " : "",
                     r->message ? r->message : "");
}

/* Rows that changed are not those of the platform's total any more, which is noticed. */
static bool is_fine(const struct check *c, const struct check_run *r)
{
    bool is_ok = strcmp(r->outcome, "ok") == 0;
    return is_ok || (c->expect >= CHECK_TAKEN && r->is_about_totals) ||
           (c->expect == CHECK_ORDERLY && !is_disorder(r->outcome));
}

static char *judge_refusal(const struct check *c, const struct check_run *r)
{
    if (strcmp(r->outcome, "ok") == 0)
        return xstrdup("was taken for good; the run should not have been ok");
    bool fits = c->outcomes ? text_in_list(r->outcome, strlen(r->outcome), c->outcomes, "|")
                            : !is_disorder(r->outcome);
    return fits ? NULL : wrong(r, "ended in another way than it should");
}

char *check_judge(const struct check *c, const struct check_run *r)
{
    bool is_ok = strcmp(r->outcome, "ok") == 0;
    bool is_refusal =
        c->expect == CHECK_REFUSED || (c->expect == CHECK_KEPT && !(is_ok && r->has_changes));
    char *problem = is_refusal      ? judge_refusal(c, r)
                    : is_fine(c, r) ? NULL
                                    : wrong(r, "should have been fine");
    if (problem || c->expect > CHECK_TAKEN || (c->hours && !r->has_days))
        return problem;
    if (c->expect == CHECK_TAKEN)
        return r->is_same ? xstrdup("the store still holds the old values") : NULL;
    return r->is_same ? NULL : xstrdup("the store holds other rows than before");
}
