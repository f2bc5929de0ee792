/* SPDX-License-Identifier: Apache-2.0
 * The seller's customers, those changed since the last pull. */
#include <stdio.h>

#include "square.h"

enum { PAGE_SIZE = 100 };

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
static void add_body(const struct square *square, struct omni_text *body,
                     const struct omni_request *request, const char *since, const char *cursor)
{
    (void)square;
    (void)request;
    omni_text_add(body, "{\"query\":{\"filter\":{\"updated_at\":{");
    omni_json_add_text(body, "start_at", since);
    omni_text_add(body, "}},\"sort\":{\"field\":\"CREATED_AT\",\"order\":\"ASC\"}}");
    omni_json_add_int(body, "limit", PAGE_SIZE);
    omni_json_add_text(body, "cursor", cursor[0] ? cursor : NULL);
    omni_text_add(body, "}");
}

omni_status square_pull_customers(struct square *square, struct omni_run *run,
                                  const struct omni_request *request)
{
    static const struct square_changed customers = {"/v2/customers/search", "customers", add_body,
                                                    send_customer};
    return square_pull_changed(square, run, request, &customers);
}
