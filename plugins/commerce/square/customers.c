/* SPDX-License-Identifier: Apache-2.0
 * The seller's customers, those changed since the last pull. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "square.h"

enum { BODY_MAX = 6144, PAGE_SIZE = 100 };

static omni_status send_customer(struct square *square, struct omni_run *run,
                                 const struct omni_stream *stream, struct omni_json node)
{
    char given[256], family[256], name[520];
    struct omni_row *row = &square->row;
    omni_json_text(node, "given_name", given, sizeof(given));
    omni_json_text(node, "family_name", family, sizeof(family));
    snprintf(name, sizeof(name), "%s%s%s", given, given[0] && family[0] ? " " : "", family);
    omni_row_begin(row, stream, node);
    omni_row_text(row, "name", name[0] ? name : NULL);
    /* Only where there is an address, and nothing was said against it. */
    int has_address = omni_json_at(node, "email_address").kind == OMNI_JSON_TEXT;
    int has_left = omni_json_is_true(node, "preferences.email_unsubscribed");
    omni_row_text(row, "consent", has_address && !has_left ? "email" : NULL);
    return omni_row_send(row, square->hub, run, 0);
}

/* The same body for every page, but for the cursor. */
static const char *customer_body(struct omni_text *body, const char *since, const char *cursor)
{
    omni_text_add(body, "{\"query\":{\"filter\":{\"updated_at\":{");
    omni_json_add_text(body, "start_at", since);
    omni_text_add(body, "}},\"sort\":{\"field\":\"CREATED_AT\",\"order\":\"ASC\"}}");
    omni_json_add_int(body, "limit", PAGE_SIZE);
    omni_json_add_text(body, "cursor", cursor[0] ? cursor : NULL);
    omni_text_add(body, "}");
    return omni_text_done(body);
}

omni_status square_pull_customers(struct square *square, struct omni_run *run,
                                  const struct omni_request *request)
{
    char since[OMNI_TIME_TEXT];
    int64_t begun = (int64_t)time(NULL);
    struct omni_pages pages = OMNI_PAGES;
    struct omni_http http;
    square_since(square, request, since);
    square->newest = 0;
    do {
        char memory[BODY_MAX];
        struct omni_text body = OMNI_TEXT(memory);
        const char *text = customer_body(&body, since, pages.cursor);
        omni_status status =
            square_send(square, run, text ? "/v2/customers/search" : NULL, text, &http);
        /* An empty page has no member `customers`. */
        struct omni_json one = {0}, all = omni_json_at(omni_json_of_reply(&http), "customers");
        while (status == OMNI_OK && omni_json_next(all, &one)) {
            square_notice(square, one);
            status = send_customer(square, run, request->stream, one);
        }
        if (status != OMNI_OK)
            return status;
    } while (omni_pages_after(&pages, &http, "cursor"));
    omni_status status = omni_pages_end(&pages, square->hub, run);
    return status == OMNI_OK ? square_keep(square, run, begun) : status;
}
