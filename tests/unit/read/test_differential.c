/* SPDX-License-Identifier: Apache-2.0
 * hub/read against jansson: thousands of generated and damaged replies give the same rows and the
 * same refusals, however they are cut. */
#include <config.h>

#include "unit.h"

#include "base/mem.h"
#include "cases.h"

enum { REPLIES = 4000, REPLY_MAX = 1 << 20 };

struct maker {
    uint64_t seed;
    struct buf out;
};

static uint32_t pick(struct maker *m, uint32_t n)
{
    m->seed = m->seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(m->seed >> 33) % n;
}

#define PICK(m_, list_) ((list_)[pick((m_), sizeof(list_) / sizeof((list_)[0]))])

static void blank(struct maker *m)
{
    static const char *const blanks[] = {"", "", "", "", "", " ", "\n  ", "\t\r\n"};
    buf_adds(&m->out, PICK(m, blanks));
}

static void scalar(struct maker *m)
{
    static const char *const scalars[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12",
        "-7",
        "12.5",
        "1e3",
        "2E-2",
        "123456789012345678",
        "\"x\"",
        "\"y\"",
        "\"x\"",
        "\"y\"",
        "\"\"",
        "\"12.5\"",
        "\"3\"",
        "\"-0.25\"",
        "\"caf\\u00e9\"",
        "\"caf\xC3\xA9\"",
        "\"a\\\"b\\\\\\n\"",
        "\"\\uD83D\\uDE00 and more text\"",
        "\"a text that is longer than a vector \xE2\x82\xAC of sixteen bytes\""};
    buf_adds(&m->out, PICK(m, scalars));
}

static void value(struct maker *m, int depth);

static void object(struct maker *m, int depth)
{
    static const char *const keys[] = {"\"a\"",
                                       "\"b\"",
                                       "\"c\"",
                                       "\"d\"",
                                       "\"e\"",
                                       "\"\\u0061\"",
                                       "\"long key \xC3\xA9 of its own\""};
    uint32_t used = 0, n = 0, last = pick(m, 60) == 0 ? 7 : 6;
    buf_addc(&m->out, '{');
    for (uint32_t k = 0; k < last; k++) {
        uint32_t i = pick(m, 4) ? k : pick(m, 7);
        bool is_twin = used & 1U << i || (i == 5 && used & 1) || (i == 0 && used & 32);
        if (pick(m, 3) == 0 || (is_twin && pick(m, 3000)))
            continue;
        used |= 1U << i;
        if (n++)
            buf_addc(&m->out, ',');
        blank(m);
        buf_adds(&m->out, keys[i]);
        blank(m);
        buf_addc(&m->out, ':');
        blank(m);
        value(m, depth - 1);
        blank(m);
    }
    buf_addc(&m->out, '}');
}

static void array(struct maker *m, int depth)
{
    uint32_t n = pick(m, 5), is_even = pick(m, 6);
    buf_addc(&m->out, '[');
    blank(m);
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_addc(&m->out, ',');
        blank(m);
        if (is_even)
            object(m, depth - 1);
        else
            value(m, depth - 1);
        blank(m);
    }
    buf_addc(&m->out, ']');
}

static void value(struct maker *m, int depth)
{
    uint32_t kind = depth > 0 ? pick(m, 8) : 7;
    if (kind < 3)
        object(m, depth);
    else if (kind < 6)
        array(m, depth);
    else
        scalar(m);
}

/* A reply in which the records are likely to be found. */
static void reply(struct maker *m, size_t spec)
{
    static const char *const begins[CASES][2] = {
        {"{\"a\":", "}"}, {"{\"a\":", "}"},           {"", ""},
        {"", ""},         {"{\"b\":[{\"a\":", "}]}"}, {"{\"c\":", "}"}};
    buf_clear(&m->out);
    bool is_wild = pick(m, 8) == 0;
    buf_adds(&m->out, is_wild ? "" : begins[spec][0]);
    if (is_wild)
        value(m, 6);
    else
        array(m, 6);
    buf_adds(&m->out, is_wild ? "" : begins[spec][1]);
    blank(m);
}

static void damage(struct maker *m)
{
    static const char bytes[] = "{}[],:\"\\\n 0e.-nx\x80\xC3\xED\xA0\0";
    struct buf *b = &m->out;
    for (uint32_t i = pick(m, 2); i < 2 && b->len > 1; i++) {
        uint32_t at = pick(m, (uint32_t)b->len), how = pick(m, 3);
        if (how == 0)
            b->data[at] = bytes[pick(m, sizeof bytes - 1)];
        else if (how == 1)
            memmove(b->data + at, b->data + at + 1, b->len-- - at);
        else
            b->len = at;
    }
}

/* Counts what kind of replies the generator makes: a test that only compares refusals is none. */
static void count(struct maker *m, size_t spec, uint32_t kinds[ORACLE_UNSURE + 2])
{
    auto_buf rows = BUF_INIT(ROWS_MAX);
    enum oracle kind = oracle_rows(&cases[spec], m->out.data, m->out.len, &rows);
    kinds[kind]++;
    kinds[ORACLE_UNSURE + 1] += kind == ORACLE_ROWS && rows.len > 0;
}

static void compare(struct maker *m, size_t spec)
{
    auto_free char *wrong = cases_compare(&cases[spec], m->out.data ? m->out.data : "", m->out.len);
    if (wrong)
        fail_msg("stream %s, reply %.*s\n%s", cases[spec].stream->name, (int)m->out.len,
                 m->out.data, wrong);
}

static void whole_replies_give_the_same_rows(void **state)
{
    (void)state;
    struct maker m = {.seed = 1, .out = BUF_INIT(REPLY_MAX)};
    uint32_t kinds[ORACLE_UNSURE + 2] = {0};
    for (uint32_t i = 0; i < REPLIES; i++) {
        reply(&m, i % CASES);
        compare(&m, i % CASES);
        count(&m, i % CASES, kinds);
    }
    print_message("# rows %u (not empty %u), twins %u, shape %u\n", kinds[ORACLE_ROWS],
                  kinds[ORACLE_UNSURE + 1], kinds[ORACLE_TWINS], kinds[ORACLE_SHAPE]);
    assert_in_range(kinds[ORACLE_UNSURE + 1], REPLIES / 4, REPLIES);
    assert_in_range(kinds[ORACLE_SHAPE], REPLIES / 50, REPLIES);
    assert_in_range(kinds[ORACLE_TWINS], 1, REPLIES);
    assert_int_equal(kinds[ORACLE_REFUSED], 0);
    buf_free(&m.out);
}

static void damaged_replies_give_the_same_refusals(void **state)
{
    (void)state;
    struct maker m = {.seed = 2, .out = BUF_INIT(REPLY_MAX)};
    for (uint32_t i = 0; i < REPLIES; i++) {
        reply(&m, i % CASES);
        damage(&m);
        compare(&m, i % CASES);
    }
    buf_free(&m.out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(whole_replies_give_the_same_rows),
    cmocka_unit_test(damaged_replies_give_the_same_refusals),
};

UNIT_MAIN(tests)
