/* SPDX-License-Identifier: Apache-2.0
 * Stripe: charges as orders, refunds and customers of an account. */
#include <omnihub/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct omni_option *const options[] = {
    OMNI_OPTION(.name = "api_key", .type = OMNI_OPT_TEXT, .flags = OMNI_REQUIRED | OMNI_SECRET,
                .help = "restricted key that may read charges, refunds and customers"),
    OMNI_OPTION(.name = "account", .type = OMNI_OPT_TEXT,
                .help = "of a platform: the connected account, acct_…"),
    OMNI_OPTION(.name = "api_version", .type = OMNI_OPT_TEXT, .fallback = "2023-08-16",
                .help = "Stripe-Version of the requests"),
    OMNI_OPTION(.name = "reread", .type = OMNI_OPT_DURATION, .fallback = "35d",
                .help = "how far back each pull reads charges once more, to see their refunds"),
    OMNI_OPTION(.name = "sales_channel", .type = OMNI_OPT_TEXT, .fallback = "web",
                .help = "how the charges were sold"),
    OMNI_OPTION(.name = "minor_units", .type = OMNI_OPT_TEXT, .fallback = "ISK=2,MGA=0,UGX=2",
                .help = "decimals of Stripe's amounts where they are not those of ISO 4217"),
    OMNI_OPTION(.name = "page_size", .type = OMNI_OPT_INT, .fallback = "100",
                .help = "objects asked for at once, at most 100"),
    NULL};

static const struct omni_auth *const logins[] = {
    OMNI_LOGIN(.kind = OMNI_AUTH_BEARER, .options = "api_key"), NULL};

#define TEXT(member, name, flags_)                                                                 \
    OMNI_FIELD(.path = "$." member, .column = (name), .type = OMNI_TEXT, .flags = (flags_))
#define CREATED(name)                                                                              \
    OMNI_FIELD(.path = "$.created", .column = (name), .type = OMNI_TIME, .unit = OMNI_TIME_EPOCH)
/* Worked out by the plugin. */
#define MADE_TEXT(name)                                                                            \
    OMNI_FIELD(.path = "=" name, .column = (name), .type = OMNI_TEXT, .flags = OMNI_OPTIONAL)
#define MADE_MONEY(name)                                                                           \
    OMNI_FIELD(.path = "=" name, .column = (name), .type = OMNI_MICROS, .unit = OMNI_UNIT_MINOR)

static const struct omni_field *const charge_fields[] = {
    TEXT("id", "order_id", OMNI_KEY),
    CREATED("at"),
    MADE_TEXT("sales_channel"),
    TEXT("customer", "customer_id", OMNI_OPTIONAL),
    TEXT("status", "status", 0),
    MADE_TEXT("financial_status"),
    TEXT("currency", "currency", 0),
    MADE_MONEY("gross"),
    MADE_MONEY("refund"),
    MADE_MONEY("net"),
    MADE_MONEY("total"),
    OMNI_FIELD(.path = "=is_test", .column = "is_test", .type = OMNI_BOOL),
    TEXT("payment_intent", NULL, OMNI_OPTIONAL),
    TEXT("invoice", NULL, OMNI_OPTIONAL),
    NULL};
static const struct omni_field *const refund_fields[] = {TEXT("id", "refund_id", OMNI_KEY),
                                                         TEXT("charge", "order_id", OMNI_OPTIONAL),
                                                         CREATED("at"),
                                                         TEXT("reason", "reason", OMNI_OPTIONAL),
                                                         TEXT("currency", "currency", 0),
                                                         MADE_MONEY("amount"),
                                                         TEXT("status", NULL, OMNI_OPTIONAL),
                                                         NULL};
static const struct omni_field *const customer_fields[] = {
    TEXT("id", "contact_id", OMNI_KEY),
    TEXT("email", "email", OMNI_OPTIONAL | OMNI_SENSITIVE),
    TEXT("name", "name", OMNI_OPTIONAL | OMNI_SENSITIVE),
    TEXT("phone", "phone", OMNI_OPTIONAL | OMNI_SENSITIVE),
    CREATED("created_at"),
    NULL};

static const struct omni_stream *const streams[] = {
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "charges", .dataset = "orders", .day_zone = "UTC",
                .help = "charges that were captured, and what was given back of them",
                .fields = charge_fields),
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "refunds", .dataset = "refunds", .day_zone = "UTC",
                .help = "refunds, on their own day", .fields = refund_fields),
    OMNI_STREAM(.sync = OMNI_CURSOR, .name = "customers", .dataset = "crm_people",
                .help = "customers", .fields = customer_fields),
    NULL};

static omni_status stripe_open(const struct omni_host *, const struct omni_config *,
                               struct omni_run *, void **self);
static omni_status stripe_check(void *self, struct omni_run *);
static omni_status stripe_pull(void *self, struct omni_run *, const struct omni_request *);
static omni_status stripe_judge(void *self, struct omni_run *, const struct omni_http *,
                                uint32_t *wait_ms);

static const struct omni_source *const sources[] = {
    OMNI_SOURCE(.name = "stripe", .title = "Stripe", .family = "commerce",
                .help = "charges, refunds and customers of a Stripe account",
                .api_version = "2023-08-16", .api_url = "https://api.stripe.com",
                .account_option = "account", .options = options, .logins = logins,
                .streams = streams, .open = stripe_open, .close = free, .check = stripe_check,
                .pull = stripe_pull, .judge = stripe_judge),
    NULL};

enum { URL_MAX = 1024, ID_MAX = 256, MESSAGE_MAX = 1024, ISO = -1, MOST_DECIMALS = 6 };

struct stripe {
    const struct omni_host *hub;
    const struct omni_config *config;
    const char *account; /* of the pull at hand; "": the key's own */
    int64_t newest;      /* latest `created` seen in this pull */
    int is_lacking;      /* the last reply said that a permission is missing */
    struct omni_row row;
};

static omni_status refuse_option(const struct omni_host *hub, struct omni_run *run,
                                 const char *option, const char *why)
{
    hub->fail_detail(run, "option", option);
    return hub->fail(run, OMNI_E_CONFIG, why);
}

/* CUR=N, separated by commas, N from 0 to 6. */
static int is_minor_units(const char *s)
{
    for (; *s; s += s[5] == ',' ? 6 : 5) {
        if (strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3 || s[3] != '=' || s[4] < '0' ||
            s[4] > '0' + MOST_DECIMALS || (s[5] != ',' && s[5] != '\0'))
            return 0;
    }
    return 1;
}

static omni_status stripe_open(const struct omni_host *hub, const struct omni_config *config,
                               struct omni_run *run, void **self)
{
    int64_t size = hub->opt_int(config, "page_size");
    const char *account = hub->opt_text(config, "account");
    if (size < 1 || size > 100)
        return refuse_option(hub, run, "page_size", "it must be from 1 to 100");
    if (account && account[0] && strncmp(account, "acct_", 5) != 0)
        return refuse_option(hub, run, "account", "a connected account is acct_…");
    if (!is_minor_units(hub->opt_text(config, "minor_units")))
        return refuse_option(hub, run, "minor_units", "it must look like \"ISK=2,MGA=0\"");
    struct stripe *stripe = calloc(1, sizeof(*stripe));
    if (!stripe)
        return hub->fail(run, OMNI_E_RETRY, "out of memory");
    stripe->hub = hub;
    stripe->config = config;
    *self = stripe;
    return OMNI_OK;
}

static omni_status get(struct stripe *stripe, struct omni_run *run, const char *url,
                       struct omni_http *http)
{
    char version[96], account[128];
    snprintf(version, sizeof(version), "Stripe-Version: %s",
             stripe->hub->opt_text(stripe->config, "api_version"));
    snprintf(account, sizeof(account), "Stripe-Account: %s", stripe->account);
    const char *const headers[] = {version, stripe->account[0] ? account : NULL, NULL};
    *http = (struct omni_http){.size = sizeof(*http), .headers = headers, .url = url};
    if (!url)
        return stripe->hub->fail(run, OMNI_E_DATA, "an id is too long");
    omni_status status = stripe->hub->http(run, http);
    http->headers = NULL;
    return status;
}

/* One object of each list: a permission that is missing stops its own stream only. */
static omni_status stripe_check(void *self, struct omni_run *run)
{
    static const char *const names[] = {"charges", "refunds", "customers"};
    enum { N_NAMES = sizeof(names) / sizeof(names[0]) };
    struct stripe *stripe = self;
    const char *account = stripe->hub->opt_text(stripe->config, "account");
    omni_status status = OMNI_OK;
    int n_lacking = 0;
    stripe->account = account ? account : "";
    for (int i = 0; i < N_NAMES; i++) {
        char url[64], text[128];
        struct omni_http http;
        snprintf(url, sizeof(url), "/v1/%s?limit=1", names[i]);
        stripe->is_lacking = 0;
        status = get(stripe, run, url, &http);
        if (status != OMNI_OK && !stripe->is_lacking)
            return status;
        n_lacking += status != OMNI_OK;
        snprintf(text, sizeof(text), "the key lacks the permission to read %s", names[i]);
        if (status != OMNI_OK)
            stripe->hub->log(run, OMNI_LOG_WARN, text);
    }
    return n_lacking < N_NAMES ? OMNI_OK : status;
}

/* ---- amounts ---- */

/* Decimals of a currency where Stripe differs from ISO 4217; ISO: it does not. */
static int own_decimals(const struct stripe *stripe, const char *currency)
{
    const char *units = stripe->hub->opt_text(stripe->config, "minor_units");
    for (const char *s = units; s && *s; s += s[5] == ',' ? 6 : 5) {
        int is_same = 1;
        for (int i = 0; i < 3; i++)
            is_same &= (s[i] | 0x20) == currency[i];
        if (is_same)
            return s[4] - '0';
    }
    return ISO;
}

/* Minor units: the hub knows the decimals of ISO 4217, the admin those of the exceptions. */
static void put_amount(struct stripe *stripe, const char *column, const char *currency,
                       struct omni_sum sum)
{
    int decimals = own_decimals(stripe, currency);
    if (decimals == ISO) {
        omni_row_sum(&stripe->row, column, OMNI_INT, &sum);
        return;
    }
    int64_t factor = 1;
    for (int i = decimals; i < MOST_DECIMALS; i++)
        factor *= 10;
    if (sum.value > INT64_MAX / factor || sum.value < INT64_MIN / factor)
        sum.is_bad = 1;
    else
        sum.value *= factor;
    omni_row_sum(&stripe->row, column, OMNI_MICROS, &sum);
}

static void read_amount(struct omni_sum *sum, struct omni_json node, const char *path)
{
    omni_sum_add_int(sum, node, path);
    sum->is_bad |= omni_json_at(node, path).kind <= OMNI_JSON_NULL;
}

/* ---- rows ---- */

typedef omni_status take_object(struct stripe *, struct omni_run *, const struct omni_stream *,
                                struct omni_json, const char *currency);

/* Only money that was taken makes an order: neither what failed nor what is merely authorized. */
static omni_status take_charge(struct stripe *stripe, struct omni_run *run,
                               const struct omni_stream *stream, struct omni_json node,
                               const char *currency)
{
    struct omni_sum captured = {0, 0}, refunded = {0, 0};
    char status[32];
    if (omni_json_at(node, "captured").kind != OMNI_JSON_BOOL)
        return stripe->hub->fail(run, OMNI_E_DATA,
                                 "a charge that does not say whether it was captured");
    if (omni_json_text(node, "status", status, sizeof(status)) &&
        (strcmp(status, "succeeded") != 0 || !omni_json_is_true(node, "captured")))
        return OMNI_OK;
    read_amount(&captured, node, "amount_captured");
    read_amount(&refunded, node, "amount_refunded");
    struct omni_sum net = captured;
    omni_sum_subtract(&net, refunded.value);
    net.is_bad |= refunded.is_bad;
    const char *paid = refunded.value == 0                ? "paid"
                       : refunded.value == captured.value ? "refunded"
                                                          : "partially_refunded";
    omni_row_begin(&stripe->row, stream, node);
    omni_row_text(&stripe->row, "sales_channel",
                  stripe->hub->opt_text(stripe->config, "sales_channel"));
    omni_row_text(&stripe->row, "financial_status",
                  omni_json_is_true(node, "disputed") ? "disputed" : paid);
    put_amount(stripe, "gross", currency, captured);
    put_amount(stripe, "refund", currency, refunded);
    put_amount(stripe, "net", currency, net);
    put_amount(stripe, "total", currency, net);
    omni_row_number(&stripe->row, "is_test", OMNI_BOOL, !omni_json_is_true(node, "livemode"));
    return omni_row_send(&stripe->row, stripe->hub, run, 0);
}

static omni_status take_refund(struct stripe *stripe, struct omni_run *run,
                               const struct omni_stream *stream, struct omni_json node,
                               const char *currency)
{
    struct omni_sum amount = {0, 0};
    char status[32];
    omni_json_text(node, "status", status, sizeof(status));
    read_amount(&amount, node, "amount");
    /* The money did not go back. */
    if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)
        amount.value = 0;
    omni_row_begin(&stripe->row, stream, node);
    put_amount(stripe, "amount", currency, amount);
    return omni_row_send(&stripe->row, stripe->hub, run, 0);
}

static omni_status take_customer(struct stripe *stripe, struct omni_run *run,
                                 const struct omni_stream *stream, struct omni_json node,
                                 const char *currency)
{
    (void)currency;
    omni_row_begin(&stripe->row, stream, node);
    return omni_row_send(&stripe->row, stripe->hub, run, 0);
}

static const struct list {
    const char *stream, *path;
    int has_amounts;
    take_object *take;
} lists[] = {{"charges", "/v1/charges", 1, take_charge},
             {"refunds", "/v1/refunds", 1, take_refund},
             {"customers", "/v1/customers", 0, take_customer}};

/* ---- pages ---- */

/* Takes a page, newest first, and leaves the last one's id in `last`. */
static omni_status take_page(struct stripe *stripe, struct omni_run *run,
                             const struct omni_request *request, const struct list *list,
                             struct omni_json page, char last[ID_MAX])
{
    struct omni_json node = {0}, data = omni_json_at(page, "data");
    omni_status status = OMNI_OK;
    last[0] = '\0';
    if (data.kind != OMNI_JSON_ARRAY)
        return stripe->hub->fail(run, OMNI_E_DATA, "a list without data in Stripe's answer");
    while (status == OMNI_OK && omni_json_next(data, &node)) {
        char currency[8] = "";
        int64_t created;
        if (!omni_json_text(node, "id", last, ID_MAX) ||
            !omni_json_int(node, "created", &created) ||
            (list->has_amounts && !omni_json_text(node, "currency", currency, sizeof(currency))))
            return stripe->hub->fail(run, OMNI_E_DATA, "an object without id, created or currency");
        if (created > stripe->newest)
            stripe->newest = created;
        status = list->take(stripe, run, request->stream, node, currency);
    }
    return status;
}

static omni_status pull_list(struct stripe *stripe, struct omni_run *run,
                             const struct omni_request *request, const struct list *list,
                             int64_t since)
{
    struct omni_pages pages = OMNI_PAGES;
    for (int has_more = 1; has_more;) {
        char memory[URL_MAX], last[ID_MAX];
        struct omni_text url = OMNI_TEXT(memory);
        struct omni_http http;
        omni_text_add(&url, list->path);
        omni_query_int(&url, "limit", stripe->hub->opt_int(stripe->config, "page_size"));
        omni_query_int(&url, "created[gte]", since);
        omni_query(&url, "starting_after", pages.cursor);
        omni_status status = get(stripe, run, omni_text_done(&url), &http);
        struct omni_json page = omni_json_of_reply(&http);
        if (status == OMNI_OK)
            status = take_page(stripe, run, request, list, page, last);
        if (status != OMNI_OK)
            return status;
        has_more = omni_json_is_true(page, "has_more");
        if (has_more && !last[0])
            return stripe->hub->fail(run, OMNI_E_DATA, "an empty page that is not the last");
        has_more = omni_pages_go(&pages, has_more ? last : NULL);
    }
    return omni_pages_end(&pages, stripe->hub, run);
}

static omni_status stripe_pull(void *self, struct omni_run *run, const struct omni_request *request)
{
    struct stripe *stripe = self;
    int64_t since = (int64_t)request->from_day * 86400;
    char cursor[OMNI_TIME_TEXT];
    if (request->cursor && omni_time_parse(request->cursor, &since))
        since -= stripe->hub->opt_int(stripe->config, "reread");
    stripe->account = request->account ? request->account : "";
    stripe->newest = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (strcmp(lists[i].stream, request->stream->name) != 0)
            continue;
        omni_status status = pull_list(stripe, run, request, &lists[i], since > 0 ? since : 0);
        if (status != OMNI_OK || stripe->newest == 0)
            return status;
        return stripe->hub->cursor(run, omni_time_print(stripe->newest, cursor));
    }
    return stripe->hub->fail(run, OMNI_E_BUG, "an unknown stream");
}

/* ---- errors ---- */

static const struct {
    int32_t http;
    omni_status status;
    const char *remedy;
} meanings[] = {
    {400, OMNI_E_CONFIG, NULL},
    {401, OMNI_E_AUTH, "renew api_key"},
    /* One stream's, so that the others go on. */
    {403, OMNI_E_CONFIG, "give the restricted key this permission, or leave the stream out"},
    {404, OMNI_E_CONFIG, NULL},
    {409, OMNI_E_RETRY, NULL},
    {424, OMNI_E_RETRY, NULL},
    {429, OMNI_E_THROTTLED, NULL},
};

static omni_status stripe_judge(void *self, struct omni_run *run, const struct omni_http *http,
                                uint32_t *wait_ms)
{
    struct stripe *stripe = self;
    struct omni_json error = omni_json_at(omni_json_of_reply(http), "error");
    const char *again = omni_reply_header(http, "stripe-should-retry");
    const char *id = omni_reply_header(http, "request-id");
    char message[MESSAGE_MAX], code[64], text[MESSAGE_MAX + 384];
    (void)wait_ms; /* never said */
    if (error.kind != OMNI_JSON_OBJECT)
        return OMNI_E_UNSUPPORTED;
    omni_status status = http->status >= 500 ? OMNI_E_RETRY : OMNI_E_CONFIG;
    const char *remedy = NULL;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].http == http->status) {
            status = meanings[i].status;
            remedy = meanings[i].remedy;
        }
    omni_json_text(error, "code", code, sizeof(code));
    stripe->is_lacking = http->status == 403;
    if (strcmp(code, "rate_limit") == 0 || strcmp(code, "lock_timeout") == 0)
        status = OMNI_E_THROTTLED;
    else if (again && strcmp(again, "true") == 0 && status != OMNI_E_THROTTLED)
        status = OMNI_E_RETRY;
    else if (again && strcmp(again, "false") == 0 && status == OMNI_E_RETRY)
        status = OMNI_E_DATA;
    omni_json_text(error, "message", message, sizeof(message));
    if (http->status == 400 && strstr(message, "API version"))
        remedy = "is api_version one that Stripe serves?";
    snprintf(text, sizeof(text), "Stripe answered %s%s%s (request %.64s)",
             message[0] ? message : code, remedy ? " - " : "", remedy ? remedy : "",
             id ? id : "without id");
    return stripe->hub->fail(run, status, text);
}

OMNI_MODULE("stripe", "1.0", .vendor = "omnihub", .license = "Apache-2.0", .sources = sources);
