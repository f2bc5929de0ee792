/* SPDX-License-Identifier: Apache-2.0
 * GETs one url with the hub's client and prints what came of it: http_get BASE_URL [CA_FILE] */
#include <config.h>

#include <stdio.h>

#include "http/http.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    struct err err = {0};
    struct http_reply reply;
    const struct http_options options = {.base_url = argv[1],
                                         .ca_file = argc > 2 ? argv[2] : NULL,
                                         .limits = {.max_attempts = 1, .connect_ms = 10000}};
    const struct http_request request = {.url = "/x"};
    struct http *h = http_new(&options, &err);
    omni_status status = h ? http_send(h, &request, NULL, &reply, &err) : err.status;
    if (status == OMNI_OK)
        printf("ok %d %s\n", (int)reply.status, reply.body);
    else
        printf("%s %s\n", err_status_name(status), err.text);
    http_free(h);
    return 0;
}
