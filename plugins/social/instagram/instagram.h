/* SPDX-License-Identifier: Apache-2.0
 * Insights, asked for in one call and, where a metric is refused, one by one. */
#ifndef PLUGIN_INSTAGRAM_H
#define PLUGIN_INSTAGRAM_H

#include "../../common/graph.h"

enum { URL_MAX = 2048, VALUE_MAX = 48, METRICS_MAX = 12, ID_MAX = 64 };

/* What judge() saw in the reply to a question for insights. */
enum verdict { VERDICT_NONE, VERDICT_REFUSED, VERDICT_NOTHING };

struct instagram {
    const struct omni_host *hub;
    const struct omni_config *config;
    int asks_insights, is_story; /* what is in flight, for judge() */
    enum verdict verdict;
    char refusal[GRAPH_MESSAGE];
};

/* What became of a kind of question so far: metrics that only ever were refused are left out. */
struct history {
    uint32_t refused[METRICS_MAX], answered[METRICS_MAX];
};

struct question {
    const char *node;           /* an account or a medium */
    const char *const *metrics; /* names, at most METRICS_MAX */
    uint32_t wanted;            /* bit i: metrics[i] */
    const char *more;           /* further parameters: "&period=day…" */
    uint32_t patience;          /* so many refusals, and it is not asked for any more */
    struct history *history;
};

/* /v25.0/NODE or /v25.0/NODE/EDGE */
void instagram_url(const struct instagram *, struct omni_text *, const char *node,
                   const char *edge);
/* A text or a number as written, "" where there is none. 0: something else, or it does not fit. */
int instagram_text(struct omni_json record, const char *path, char *out, size_t size);
omni_status instagram_odd(struct instagram *, struct omni_run *, const char *member);
/* Sends a question for insights; ig->verdict says what judge() saw. */
omni_status instagram_ask(struct instagram *, struct omni_run *, struct omni_http *);
/* values[i]: as it is written, "" where there is none. OMNI_OK also where the platform has nothing
 * or refuses all of them; *refused: metrics[i] was refused. */
omni_status instagram_insights(struct instagram *, struct omni_run *, const struct question *,
                               char (*values)[VALUE_MAX], uint32_t *refused);

#endif
