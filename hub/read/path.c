/* SPDX-License-Identifier: Apache-2.0
 * Reads paths. Beyond RFC 9535, names after a dot may begin with a digit and hold hyphens, as
 * vendors' names do. */
#include <config.h>

#include "read/path.h"

#include <string.h>

#include "base/text.h"

enum { PATH_STEPS_MAX = 32, PATH_TESTS_MAX = 8, PATH_INDEX_MAX = 1000000 };

struct path_text {
    struct arena *arena;
    const char *all, *p;
    struct err *err;
};

static bool refuse(struct path_text *t, const char *what)
{
    err_set(t->err, OMNI_E_CONFIG, "path %s, column %zu: %s", t->all, (size_t)(t->p - t->all) + 1,
            what);
    return false;
}

static bool take(struct path_text *t, const char *token)
{
    size_t n = strlen(token);
    if (strncmp(t->p, token, n) != 0)
        return false;
    t->p += n;
    return true;
}

static void skip_blanks(struct path_text *t)
{
    while (*t->p == ' ')
        t->p++;
}

static bool is_name_byte(char c)
{
    unsigned u = (unsigned char)c;
    return (u | 0x20U) - 'a' < 26U || u - '0' < 10U || u == '_' || u == '-' || u >= 0x80;
}

static bool read_name(struct path_text *t, struct path_step *step)
{
    const char *start = t->p;
    while (is_name_byte(*t->p))
        t->p++;
    if (t->p == start)
        return refuse(t, "expected a name; names with other characters are written ['…']");
    size_t len = (size_t)(t->p - start);
    *step = (struct path_step){.kind = PATH_NAME, .len = (uint32_t)len};
    step->name = arena_strndup(t->arena, start, len);
    return true;
}

/* A text in single or double quotes; a backslash takes the next character as it is. */
static bool read_quoted(struct path_text *t, const char **text, uint32_t *len)
{
    char quote = *t->p;
    if (quote != '\'' && quote != '"')
        return refuse(t, "expected a text in quotes");
    char *out = arena_alloc(t->arena, strlen(t->p));
    size_t n = 0;
    for (t->p++; *t->p != quote; t->p++) {
        if (*t->p == '\\' && t->p[1])
            t->p++;
        if (!*t->p)
            return refuse(t, "the quote is not closed");
        out[n++] = *t->p;
    }
    t->p++;
    *text = out;
    *len = (uint32_t)n;
    return true;
}

static bool read_index(struct path_text *t, struct path_step *step)
{
    uint32_t index = 0;
    const char *start = t->p;
    for (; *t->p >= '0' && *t->p <= '9'; t->p++) {
        if (index >= PATH_INDEX_MAX / 10)
            return refuse(t, "index too large");
        index = index * 10 + (uint32_t)(*t->p - '0');
    }
    if (t->p == start)
        return refuse(t, "expected a number, *, ?@… or a name in quotes");
    *step = (struct path_step){.kind = PATH_INDEX, .index = index};
    return true;
}

static bool read_test_step(struct path_text *t, struct path_step *step)
{
    if (take(t, "."))
        return read_name(t, step);
    if (!take(t, "["))
        return refuse(t, "expected .name");
    *step = (struct path_step){.kind = PATH_NAME};
    if (!read_quoted(t, &step->name, &step->len))
        return false;
    return take(t, "]") || refuse(t, "expected ]");
}

static bool read_test(struct path_text *t, struct path_test *test)
{
    skip_blanks(t);
    if (!take(t, "@"))
        return refuse(t, "expected @, as in [?@.kind=='purchase']");
    struct path_step steps[PATH_STEPS_MAX];
    uint32_t n = 0;
    for (; *t->p == '.' || *t->p == '['; n++) {
        if (n == PATH_STEPS_MAX)
            return refuse(t, "too many steps");
        if (!read_test_step(t, &steps[n]))
            return false;
    }
    skip_blanks(t);
    if (!take(t, "=="))
        return refuse(t, "expected ==, the only comparison there is");
    skip_blanks(t);
    if (!read_quoted(t, &test->text, &test->len))
        return false;
    struct path_step *kept = arena_alloc(t->arena, n * sizeof *kept + 1);
    memcpy(kept, steps, n * sizeof *kept);
    test->steps = kept;
    test->n_steps = n;
    skip_blanks(t);
    return true;
}

static bool read_filter(struct path_text *t, struct path_step *step)
{
    struct path_test *tests = arena_alloc(t->arena, PATH_TESTS_MAX * sizeof *tests);
    uint32_t n = 0;
    do {
        if (n == PATH_TESTS_MAX)
            return refuse(t, "too many comparisons in a filter");
        if (!read_test(t, &tests[n++]))
            return false;
    } while (take(t, "&&"));
    *step = (struct path_step){.kind = PATH_FILTER, .n_tests = n, .tests = tests};
    return true;
}

static bool read_bracket(struct path_text *t, struct path_step *step)
{
    bool is_good;
    if (take(t, "*")) {
        *step = (struct path_step){.kind = PATH_ALL};
        is_good = true;
    } else if (take(t, "?")) {
        is_good = read_filter(t, step);
    } else if (*t->p == '\'' || *t->p == '"') {
        *step = (struct path_step){.kind = PATH_NAME};
        is_good = read_quoted(t, &step->name, &step->len);
    } else {
        is_good = read_index(t, step);
    }
    return is_good && (take(t, "]") || refuse(t, "expected ]"));
}

bool path_parse(struct arena *arena, const char *text, struct path *out, struct err *err)
{
    struct path_text t = {.arena = arena, .all = text, .p = text, .err = err};
    *out = (struct path){0};
    if (!text_is_utf8(text, strlen(text)))
        return refuse(&t, "not valid UTF-8");
    while (take(&t, "^"))
        out->up++;
    if (out->up == 0 && !take(&t, "$"))
        return refuse(&t, "expected $ (the record) or ^ (the enclosing record)");
    struct path_step steps[PATH_STEPS_MAX];
    while (*t.p) {
        if (out->n_steps == PATH_STEPS_MAX)
            return refuse(&t, "too many steps");
        struct path_step *step = &steps[out->n_steps++];
        bool is_good = take(&t, ".")   ? read_name(&t, step)
                       : take(&t, "[") ? read_bracket(&t, step)
                                       : refuse(&t, "expected .name or [");
        if (!is_good)
            return false;
    }
    struct path_step *kept = arena_alloc(arena, out->n_steps * sizeof *kept + 1);
    memcpy(kept, steps, out->n_steps * sizeof *kept);
    out->steps = kept;
    return true;
}
