/* SPDX-License-Identifier: Apache-2.0
 * A whole list as one bulk operation: Shopify writes a file of one object a line, children behind
 * their parents, and says how many lines it has. The operation outlives this process. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shopify.h"

enum {
    CHUNK = 4 * 1024 * 1024, /* of the file, at once */
    LINE_MAX_ = 64 * 1024 * 1024,
    QUERY_MAX = 6144,
    VARIABLES_MAX = 8192,
    GID_MAX = 96,
    KEPT_MAX = 320,
    URL_MAX_ = 4096,
    FIRST_WAIT_MS = 200,
    LONGEST_WAIT_MS = 30000,
    PATIENCE_S = 600 /* then the next run goes on with the same operation */
};
static const char kept_key[] = "bulk";

struct operation {
    char id[GID_MAX];
    int64_t begun; /* seconds: what changed later may be missing from the file */
    char url[URL_MAX_];
    int64_t objects, size; /* lines and bytes of the file; size 0: not said */
};

/* ---- the query ---- */

static const char inner_first[] = "(first:$inner)";

/* The name in front of "(first:$inner)": of the children that the objects have; "": none. */
static void inner_name(const char *members, char out[64])
{
    const char *end = strstr(members, inner_first), *start = end;
    while (start && start > members && start[-1] != ' ' && start[-1] != '{')
        start--;
    snprintf(out, 64, "%.*s", end ? (int)(end - start) : 0, start ? start : "");
}

/* What stands in braces from here on, the braces too. */
static size_t group_len(const char *s)
{
    size_t n = strcspn(s, "{");
    for (int depth = 0; s[n]; n++) {
        depth += s[n] == '{' ? 1 : s[n] == '}' ? -1 : 0;
        if (s[n] == '}' && depth == 0)
            return n + 1;
    }
    return n;
}

/* Bulk queries have no pages, and no lists of children inside of plain lists: what was refunded is
 * asked for apart. */
static void add_bulk_members(struct omni_text *out, const char *members)
{
    static const char *const pages = "pageInfo{hasNextPage endCursor}",
                             *const refunded = " refundLineItems(first:$inner)";
    for (const char *s = members; *s;) {
        if (strncmp(s, refunded, strlen(refunded)) == 0)
            s += group_len(s);
        else if (strncmp(s, inner_first, strlen(inner_first)) == 0)
            s += strlen(inner_first);
        else if (strncmp(s, pages, strlen(pages)) == 0)
            s += strlen(pages);
        else
            omni_text_add_bytes(out, s++, 1);
    }
}

static const char *bulk_query(struct shopify *shop, const struct shopify_asking *asking,
                              struct omni_text *out)
{
    char memory[QUERY_MAX];
    struct omni_text members = OMNI_TEXT(memory);
    shopify_add_members(shop, asking->list, &members);
    omni_text_add(out, "{");
    omni_text_add(out, asking->list->connection);
    if (asking->filter[0]) {
        omni_text_add(out, "(query:\"");
        omni_text_add(out, asking->filter);
        omni_text_add(out, "\")");
    }
    omni_text_add(out, "{edges{node{");
    add_bulk_members(out, memory);
    omni_text_add(out, "}}}}");
    return members.is_cut ? NULL : omni_text_done(out);
}

/* ---- the operation ---- */

/* Waits twice as long each time. OMNI_E_RETRY: for long enough. */
static omni_status wait_more(struct shopify *shop, struct omni_run *run, uint32_t *wait_ms,
                             uint64_t *waited_ms, const char *what)
{
    if (*waited_ms > (uint64_t)PATIENCE_S * 1000)
        return shop->hub->fail(run, OMNI_E_RETRY, what);
    *waited_ms += *wait_ms;
    omni_status status = shop->hub->sleep_ms(run, *wait_ms);
    *wait_ms = *wait_ms * 2 < LONGEST_WAIT_MS ? *wait_ms * 2 : LONGEST_WAIT_MS;
    return status;
}

/* "ID SECONDS FILTER" of an operation that was ordered for the same question. */
static int recall(struct shopify *shop, struct omni_run *run, const struct shopify_asking *asking,
                  struct operation *op)
{
    const char *kept = shop->hub->remember(run, kept_key, NULL);
    int n = 0;
    if (!kept || sscanf(kept, "%95s %" SCNd64 " %n", op->id, &op->begun, &n) != 2 || n == 0 ||
        strcmp(kept + n, asking->filter) != 0)
        return 0;
    shop->hub->log(run, OMNI_LOG_INFO, "going on with the bulk operation that was ordered before");
    return 1;
}

/* Known before it is asked about: a process that dies meanwhile finds it again. */
static omni_status keep(struct shopify *shop, struct omni_run *run,
                        const struct shopify_asking *asking, const struct operation *op)
{
    char text[KEPT_MAX];
    snprintf(text, sizeof(text), "%s %" PRId64 " %s", op->id, op->begun, asking->filter);
    return shop->hub->remember(run, kept_key, text)
               ? OMNI_OK
               : shop->hub->fail(run, OMNI_E_RETRY, "the bulk operation could not be remembered");
}

static omni_status order_once(struct shopify *shop, struct omni_run *run, const char *variables,
                              struct operation *op, int *is_busy)
{
    char message[512], text[640];
    struct omni_http http;
    omni_status status = shopify_ask(
        shop, run,
        "mutation($query:String!){bulkOperationRunQuery(query:$query){bulkOperation{id status}"
        "userErrors{field message}}}",
        variables, &http);
    if (status != OMNI_OK)
        return status;
    struct omni_json reply = omni_json_at(omni_json_of_reply(&http), "data.bulkOperationRunQuery");
    op->begun = (int64_t)time(NULL);
    *is_busy = 0;
    if (omni_json_text(reply, "bulkOperation.id", op->id, sizeof(op->id)))
        return OMNI_OK;
    omni_json_text(reply, "userErrors[0].message", message, sizeof(message));
    *is_busy = strstr(message, "already in progress") != NULL;
    snprintf(text, sizeof(text), "Shopify refuses the bulk operation: %s",
             message[0] ? message : "no reason given");
    return *is_busy ? OMNI_OK : shop->hub->fail(run, OMNI_E_CONFIG, text);
}

/* A shop makes one bulk file at a time for an app: another stream's, or another run's, goes first.
 */
static omni_status order(struct shopify *shop, struct omni_run *run,
                         const struct shopify_asking *asking, struct operation *op)
{
    char query_memory[QUERY_MAX], memory[VARIABLES_MAX];
    struct omni_text query = OMNI_TEXT(query_memory), variables = OMNI_TEXT(memory);
    uint32_t wait_ms = FIRST_WAIT_MS;
    uint64_t waited_ms = 0;
    int is_busy = 1;
    omni_json_add_text(&variables, "query", bulk_query(shop, asking, &query));
    if (query.is_cut || !omni_text_done(&variables))
        return shop->hub->fail(run, OMNI_E_BUG, "the query is too long");
    for (;;) {
        omni_status status = order_once(shop, run, memory, op, &is_busy);
        if (status == OMNI_OK && !is_busy)
            return keep(shop, run, asking, op);
        if (status == OMNI_OK)
            status = wait_more(shop, run, &wait_ms, &waited_ms,
                               "another bulk operation of this app takes too long");
        if (status != OMNI_OK)
            return status;
    }
}

struct ending {
    const char *status;
    omni_status result;
    const char *text;
};
static const struct ending endings[] = {
    {"CREATED", OMNI_OK, NULL},
    {"RUNNING", OMNI_OK, NULL},
    {"CANCELING", OMNI_OK, NULL},
    {"CANCELED", OMNI_E_RETRY, "the bulk operation was cancelled in the shop"},
    {"EXPIRED", OMNI_E_RETRY, "the bulk operation's file is gone"},
    {"FAILED", OMNI_E_RETRY, "the bulk operation failed at Shopify"},
    {"TIMEOUT", OMNI_E_RETRY, "the bulk operation took Shopify too long"},
    {"ACCESS_DENIED", OMNI_E_CONFIG,
     "the app lacks a scope for this bulk operation, or approval for customers' data"},
};

/* OMNI_OK and *is_done: the file is there. A part of a file is no file. */
static omni_status look(struct shopify *shop, struct omni_run *run, struct operation *op,
                        int *is_done)
{
    char memory[256], state[32], code[64], text[320];
    struct omni_text variables = OMNI_TEXT(memory);
    struct omni_http http;
    omni_json_add_text(&variables, "id", op->id);
    omni_status status = shopify_ask(
        shop, run,
        "query($id:ID!){node(id:$id){... on BulkOperation{id status errorCode objectCount fileSize "
        "url}}}",
        memory, &http);
    if (status != OMNI_OK)
        return status;
    struct omni_json node = omni_json_at(omni_json_of_reply(&http), "data.node");
    omni_json_text(node, "status", state, sizeof(state));
    omni_json_text(node, "errorCode", code, sizeof(code));
    omni_json_text(node, "url", op->url, sizeof(op->url));
    if (!omni_json_int(node, "fileSize", &op->size))
        op->size = 0;
    *is_done = strcmp(state, "COMPLETED") == 0;
    if (*is_done && !omni_json_int(node, "objectCount", &op->objects))
        return shop->hub->fail(run, OMNI_E_DATA,
                               "a bulk operation that does not count its objects");
    if (*is_done)
        return OMNI_OK;
    const char *word = strcmp(code, "ACCESS_DENIED") == 0 ? code : state;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (strcmp(endings[i].status, word) == 0) {
            if (endings[i].result == OMNI_OK)
                return OMNI_OK;
            shop->hub->remember(run, kept_key, "");
            return shop->hub->fail(run, endings[i].result, endings[i].text);
        }
    shop->hub->remember(run, kept_key, "");
    snprintf(text, sizeof(text), "the bulk operation is %s%s%s, which is not known here",
             state[0] ? state : "gone", code[0] ? " " : "", code);
    return shop->hub->fail(run, OMNI_E_DATA, text);
}

static omni_status await(struct shopify *shop, struct omni_run *run, struct operation *op)
{
    uint32_t wait_ms = FIRST_WAIT_MS;
    uint64_t waited_ms = 0;
    for (int is_done = 0;;) {
        omni_status status = look(shop, run, op, &is_done);
        if (status != OMNI_OK || is_done)
            return status;
        status = wait_more(shop, run, &wait_ms, &waited_ms,
                           "Shopify is still at work on the bulk operation: the next run goes on "
                           "with it");
        if (status != OMNI_OK)
            return status;
    }
}

/* ---- the file ---- */

struct bytes {
    char *data;
    size_t len, room;
};

static int add(struct bytes *b, const char *s, size_t n)
{
    if (b->len + n > b->room) {
        size_t room = b->room * 2 > b->len + n ? b->room * 2 : b->len + n + 4096;
        char *grown = room > 2 * (size_t)LINE_MAX_ ? NULL : realloc(b->data, room);
        if (!grown)
            return 0;
        b->data = grown;
        b->room = room;
    }
    memcpy(b->data + b->len, s, n);
    b->len += n;
    return 1;
}

static int add_text(struct bytes *b, const char *s)
{
    return add(b, s, strlen(s));
}

struct file {
    struct shopify_asking *asking;
    char inner[64], id[GID_MAX];
    struct bytes text;   /* what was downloaded and is not yet read */
    struct bytes object; /* the object at hand, as in a page: its children inside */
    int has_object, has_children;
    int64_t lines;
};

static omni_status too_long(struct shopify *shop, struct omni_run *run)
{
    return shop->hub->fail(run, OMNI_E_RETRY,
                           "an object of the bulk file does not fit into memory");
}

/* What was refunded of an order is not in the file. */
static omni_status take_refunded(struct shopify *shop, struct omni_run *run, struct file *file,
                                 const char *id)
{
    char query_memory[QUERY_MAX], memory[256];
    struct omni_text query = OMNI_TEXT(query_memory), variables = OMNI_TEXT(memory);
    struct omni_http http;
    struct omni_json page;
    omni_text_add(&query, "query($id:ID!,$inner:Int!){node(id:$id){... on Order{");
    shopify_add_members(shop, file->asking->list, &query);
    omni_text_add(&query, "}}}");
    omni_json_add_text(&variables, "id", id);
    omni_json_add_int(&variables, "inner", file->asking->inner);
    if (!omni_text_done(&query) || !omni_text_done(&variables))
        return shop->hub->fail(run, OMNI_E_BUG, "the query is too long");
    omni_status status = shopify_ask(shop, run, query_memory, memory, &http);
    if (status != OMNI_OK)
        return status;
    if (!shopify_keep_page(shop, &http, &page))
        return too_long(shop, run);
    struct omni_json node = omni_json_at(page, "data.node");
    if (node.kind != OMNI_JSON_OBJECT) /* deleted meanwhile */
        return OMNI_OK;
    return shopify_take_node(shop, run, file->asking, node);
}

static omni_status end_object(struct shopify *shop, struct omni_run *run, struct file *file)
{
    if (!file->has_object)
        return OMNI_OK;
    file->has_object = 0;
    if (file->inner[0] && !add_text(&file->object, "],\"pageInfo\":{\"hasNextPage\":false}}}"))
        return too_long(shop, run);
    struct omni_json node = omni_json_of(file->object.data, file->object.len);
    struct omni_json refund = {0};
    if (omni_json_next(omni_json_at(node, "refunds"), &refund))
        return take_refunded(shop, run, file, file->id);
    return shopify_take_node(shop, run, file->asking, node);
}

/* A line that has no parent begins the next object; its children's list is opened at its end. */
static omni_status begin_object(struct shopify *shop, struct omni_run *run, struct file *file,
                                struct omni_json line)
{
    omni_status status = end_object(shop, run, file);
    if (status != OMNI_OK)
        return status;
    omni_json_text(line, "id", file->id, sizeof(file->id));
    file->object.len = 0;
    file->has_object = 1;
    file->has_children = 0;
    if (!file->inner[0])
        return add(&file->object, line.s, line.len) ? OMNI_OK : too_long(shop, run);
    int fits = add(&file->object, line.s, line.len - 1) && add_text(&file->object, ",\"") &&
               add_text(&file->object, file->inner) && add_text(&file->object, "\":{\"edges\":[");
    return fits ? OMNI_OK : too_long(shop, run);
}

static omni_status take_line(struct shopify *shop, struct omni_run *run, struct file *file,
                             const char *s, size_t len)
{
    char parent[GID_MAX];
    struct omni_json line = omni_json_of(s, len);
    if (line.kind != OMNI_JSON_OBJECT || line.len < 2)
        return shop->hub->fail(run, OMNI_E_DATA, "a line of the bulk file is no JSON object");
    file->lines++;
    if (omni_json_at(line, "__parentId").kind == OMNI_JSON_NONE)
        return begin_object(shop, run, file, line);
    omni_json_text(line, "__parentId", parent, sizeof(parent));
    if (!file->has_object || !file->inner[0] || strcmp(parent, file->id) != 0)
        return shop->hub->fail(run, OMNI_E_DATA,
                               "a line of the bulk file does not stand behind its object");
    int fits = (!file->has_children || add_text(&file->object, ",")) &&
               add_text(&file->object, "{\"node\":") && add(&file->object, line.s, line.len) &&
               add_text(&file->object, "}");
    file->has_children = 1;
    return fits ? OMNI_OK : too_long(shop, run);
}

/* Whole lines; the beginning of the next one stays. */
static omni_status take_text(struct shopify *shop, struct omni_run *run, struct file *file,
                             int is_end)
{
    size_t at = 0;
    omni_status status = OMNI_OK;
    while (status == OMNI_OK && at < file->text.len) {
        const char *s = file->text.data + at, *end = memchr(s, '\n', file->text.len - at);
        size_t len = end ? (size_t)(end - s) : file->text.len - at;
        if (!end && !is_end)
            break;
        if (len > 0)
            status = take_line(shop, run, file, s, len);
        at += len + (end != NULL);
    }
    memmove(file->text.data, file->text.data + at, file->text.len - at);
    file->text.len -= at;
    return status;
}

/* A piece at a time: memory does not grow with the file. */
static omni_status download(struct shopify *shop, struct omni_run *run, const struct operation *op,
                            struct file *file)
{
    int64_t offset = 0;
    for (int is_end = 0; !is_end;) {
        char range[96];
        const char *const headers[] = {op->size > 0 ? range : NULL, NULL};
        snprintf(range, sizeof(range), "Range: bytes=%" PRId64 "-%" PRId64, offset,
                 offset + CHUNK - 1);
        struct omni_http http = {
            .size = sizeof(http), .url = op->url, .headers = headers, .flags = OMNI_HTTP_NO_LOGIN};
        omni_status status = shop->hub->http(run, &http);
        if (status != OMNI_OK)
            return status;
        if (!add(&file->text, http.reply, (size_t)http.reply_len))
            return too_long(shop, run);
        offset += (int64_t)http.reply_len;
        is_end = http.status != 206 || offset >= op->size || http.reply_len == 0;
        status = take_text(shop, run, file, is_end);
        if (status != OMNI_OK)
            return status;
    }
    return end_object(shop, run, file);
}

/* The count is the only proof that nothing of the file was lost on the way. */
static omni_status check_count(struct shopify *shop, struct omni_run *run,
                               const struct operation *op, int64_t lines)
{
    char text[160];
    if (lines == op->objects)
        return OMNI_OK;
    snprintf(text, sizeof(text),
             "the bulk file has %" PRId64 " objects, Shopify counted %" PRId64
             ": nothing of it is stored",
             lines, op->objects);
    return shop->hub->fail(run, OMNI_E_DATA, text);
}

omni_status shopify_pull_bulk(struct shopify *shop, struct omni_run *run,
                              struct shopify_asking *asking, int64_t *begun)
{
    struct operation op = {.id = ""};
    struct file file = {.asking = asking};
    omni_status status = recall(shop, run, asking, &op) ? OMNI_OK : order(shop, run, asking, &op);
    if (status == OMNI_OK)
        status = await(shop, run, &op);
    inner_name(asking->list->members, file.inner);
    if (status == OMNI_OK && op.url[0])
        status = download(shop, run, &op, &file);
    free(file.text.data);
    free(file.object.data);
    if (status == OMNI_OK)
        status = check_count(shop, run, &op, file.lines);
    *begun = op.begun;
    /* A file that is right is done with, one that is wrong is not asked for again. */
    if (status == OMNI_OK || status == OMNI_E_DATA)
        shop->hub->remember(run, kept_key, "");
    return status;
}
