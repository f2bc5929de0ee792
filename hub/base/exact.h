/* SPDX-License-Identifier: Apache-2.0
 * Exact numbers: decimal texts to int64 micros (1e-6) and back, never through a float; ISO 4217
 * exponents. */
#ifndef HUB_EXACT_H
#define HUB_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <omnihub/omnihub.h>

enum exact_result {
    EXACT_OK,
    EXACT_SYNTAX,   /* not a number */
    EXACT_RANGE,    /* does not fit into 64 bits */
    EXACT_PRECISION /* more decimals than fit, and rounding was not allowed */
};

/* Parses a decimal number (sign, digits, one point, JSON exponent) times 10^shift into *out: shift
 * 6 gives micros, 0 an integer, 4 turns percent into micros. flags: OMNI_DECIMAL_COMMA,
 * OMNI_THOUSANDS, OMNI_ROUND. The whole text must be a number. */
enum exact_result exact_parse(const char *s, size_t n, int shift, uint32_t flags, int64_t *out);
/* Decimal text without trailing zeros: 1500000 → "1.5", -20000 → "-0.02". */
enum { EXACT_TEXT = 32 };
const char *exact_print(int64_t micros, char out[EXACT_TEXT]);
/* At least `decimals` decimals ("1.50"), more where they are not zero. For tables that people read.
 */
const char *exact_print_padded(int64_t micros, int decimals, char out[EXACT_TEXT]);
/* Decimals of a currency (JPY 0, EUR 2, KWD 3); -1: not an ISO 4217 code. */
int exact_currency_decimals(const char *code, size_t n);
/* a * b / c rounded half to even; false on overflow or c == 0. */
bool exact_muldiv(int64_t a, int64_t b, int64_t c, int64_t *out);
/* False on overflow, *out then unchanged. */
bool exact_add(int64_t a, int64_t b, int64_t *out);
/* A text that says what is wrong, for messages. */
const char *exact_message(enum exact_result);

#endif
