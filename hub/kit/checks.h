/* SPDX-License-Identifier: Apache-2.0
 * The conformance checks: which fault is made around a good test, what has to come of it, what a
 * failure means, and how it is mended. */
#ifndef HUB_KIT_CHECKS_H
#define HUB_KIT_CHECKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <omnihub/omnihub.h>

#include "kit/spoil.h"

enum check_expect {
    CHECK_SAME,    /* ok, and the store holds what it held */
    CHECK_REFUSED, /* not ok, in good order, and the store holds what it held */
    CHECK_KEPT,    /* the same; of records changed since, none may be ok as well */
    CHECK_TAKEN,   /* ok, and the store holds the new values */
    CHECK_FINE,    /* ok; what the store holds is the plugin's business */
    CHECK_ORDERLY  /* ok, or refused in good order */
};

/* Which calls of a plugin a check is for; it is put around a test of that call. */
enum { CHECK_PULL = 1, CHECK_CHECK = 2, CHECK_ACCOUNTS = 4 };

struct check {
    const char *id, *title, *means, *mend;
    enum check_expect expect;
    const char *outcomes; /* of a refusal, separated by |; NULL: any in good order */
    /* Puts the fault in; 0: cannot be done to this tape. NULL: no fault. field: NULL but with `on`.
     */
    size_t (*spoil)(json_t *tape, const struct spoil_field *);
    bool (*on)(const struct omni_field *); /* once for each field that this holds for; NULL: once */
    int hours;                             /* by which the clock is wrong */
    unsigned calls;                        /* CHECK_…; 0: CHECK_PULL */
    enum spoil_aim aim;
    const char *needs; /* of the test, for those that are left out; NULL: a reply with records */
};
/* Is it one for this call? */
bool check_is_for(const struct check *, unsigned call);

extern const struct check checks[];
extern const size_t n_checks;

/* What a pull came to. */
struct check_run {
    const char *outcome, *message;
    bool is_same;         /* the store holds what it held before */
    bool is_about_totals; /* the outcome: the platform's own totals are others than the rows' */
    bool has_days;    /* the stream is pulled by days; others may depend on the day of the pull */
    bool has_changes; /* it is one of records changed since */
};
/* NULL: as expected. Otherwise what is wrong; free(). */
char *check_judge(const struct check *, const struct check_run *);

#endif
