/* SPDX-License-Identifier: Apache-2.0
 * Ways to ask the hub for what a plugin may not have, through the contract's own calls. */
#include "deeds.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct omni_cell text(const char *s)
{
    return (struct omni_cell){.type = OMNI_TEXT, .len = (uint32_t)strlen(s), .v.s = s};
}

static void give(const struct omni_cell *cells, uint32_t n)
{
    stage.verdict = stage.hub->row(stage.run, cells, n);
}

void deed_good(void)
{
    static const char *const ids[] = {"1", "2", "3"};
    for (size_t i = 0; i < 3 && stage.verdict == OMNI_OK; i++) {
        const struct omni_cell cells[] = {
            text(ids[i]), text("kept"), {.type = OMNI_MICROS, .v.i = 1000000}};
        give(cells, 3);
    }
}

void deed_wrong_cell(void)
{
    const struct omni_cell cells[] = {text("4"), {.type = 99, .v.i = 1}, {.type = OMNI_NULL}};
    give(cells, 3);
}

/* As if nothing had been. */
void deed_wrong_cell_quiet(void)
{
    deed_wrong_cell();
    stage.verdict = OMNI_OK;
    deed_good();
    stage.verdict = OMNI_OK;
}

void deed_wrong_value(void)
{
    const struct omni_cell cells[] = {text("4"), text("named"), text("twelve")};
    give(cells, 3);
}

void deed_many_columns(void)
{
    const struct omni_cell cells[] = {text("4"), text("named"), {.type = OMNI_NULL}, text("more")};
    give(cells, 4);
}

/* Each is a good one. */
void deed_rows_for_ever(void)
{
    char id[24];
    for (unsigned n = 0; stage.verdict == OMNI_OK; n++) {
        snprintf(id, sizeof id, "%u", n);
        const struct omni_cell cells[] = {text(id), text("more"), {.type = OMNI_NULL}};
        give(cells, 3);
    }
}

/* Rows for a dataset that the stream does not have: a stream that was never described. */
void deed_other_stream(void)
{
    static const struct omni_field id = {
        .size = sizeof(struct omni_field), .type = OMNI_TEXT, .path = "$.id", .column = "order_id"};
    static const struct omni_field *const fields[] = {&id, NULL};
    static const struct omni_stream orders = {.size = sizeof(struct omni_stream),
                                              .name = "orders",
                                              .dataset = "orders",
                                              .sync = OMNI_SNAPSHOT,
                                              .fields = fields};
    stage.verdict = stage.hub->found_stream(stage.run, &orders);
    deed_good();
}

void deed_long_cursor(void)
{
    char *long_text = malloc(1 << 20);
    memset(long_text, 'c', 1 << 20);
    long_text[(1 << 20) - 1] = '\0';
    stage.verdict = stage.hub->cursor(stage.run, long_text);
    free(long_text);
}

/* Lists that others keep in memory. */
void deed_accounts_for_ever(void)
{
    char id[24];
    for (unsigned n = 0; n < 100000000; n++) {
        snprintf(id, sizeof id, "%u", n);
        if (stage.hub->found_account(stage.run, id, NULL, NULL, NULL) != OMNI_OK)
            return; /* quietly */
    }
}

void deed_totals_for_ever(void)
{
    char column[24];
    for (unsigned n = 0; n < 100000000; n++) {
        snprintf(column, sizeof column, "c%u", n);
        if (stage.hub->found_total(stage.run, column, 1) != OMNI_OK)
            return;
    }
}

void deed_qualities_for_ever(void)
{
    char flag[24];
    for (unsigned n = 0; n < 100000000; n++) {
        snprintf(flag, sizeof flag, "flag%u,late", n);
        if (stage.hub->quality(stage.run, flag) != OMNI_OK)
            return;
    }
}

void deed_details_million(void)
{
    for (int i = 0; i < 1000000; i++)
        stage.hub->fail_detail(stage.run, "one of a million", "words");
    deed_good();
}

static omni_status request(const char *method, const char *url, const char *header)
{
    const char *const headers[] = {header, NULL};
    struct omni_http http = {.size = sizeof http, .method = method, .url = url, .headers = headers};
    return stage.verdict = stage.hub->http(stage.run, &http);
}

void deed_foreign_host(void)
{
    request("GET", "http://127.0.0.9:9/collect?all=1", NULL);
}

void deed_foreign_host_quiet(void)
{
    deed_foreign_host();
    stage.verdict = OMNI_OK;
    deed_good();
}

void deed_other_port(void)
{
    request("GET", "http://127.0.0.1:1/", NULL);
}

void deed_file_url(void)
{
    request("GET", "file:///etc/passwd", NULL);
}

void deed_header(void)
{
    request("GET", "/", "X-Page: 1\r\nAuthorization: Bearer stolen");
}

void deed_header_quiet(void)
{
    deed_header();
    stage.verdict = OMNI_OK;
    deed_good();
}

void deed_header_in_url(void)
{
    request("GET", "/?a=1 HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /", NULL);
}

void deed_method(void)
{
    request("GET / HTTP/1.1\r\nX-Smuggled: 1", "/", NULL);
}
