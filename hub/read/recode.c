/* SPDX-License-Identifier: Apache-2.0
 * Text in another encoding becomes UTF-8 while it arrives: the C library's iconv. */
#include <config.h>

#include "read/recode.h"

#include <errno.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { OUT_CHUNK = 16 * 1024, OUT_HELD = 64 };

struct recode {
    iconv_t cd;
    char *name;
    struct buf left; /* the beginning of a character */
    uint64_t taken;  /* bytes before those */
};

static char *encoding_of(const char *options)
{
    static const char key[] = "encoding=";
    for (const char *p = options; p && *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (n > strlen(key) && text_starts(p, key))
            return xstrndup(p + strlen(key), n - strlen(key));
        p += n;
    }
    return NULL;
}

/* In which reports come. A plugin chooses among these, not among all that iconv would load. */
static const char *const known[] = {
    "utf-16",       "utf-16le",     "utf-16be",     "windows-1250", "windows-1251", "windows-1252",
    "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
    "iso-8859-1",   "iso-8859-2",   "iso-8859-5",   "iso-8859-7",   "iso-8859-9",   "iso-8859-15",
    "koi8-r",       "shift_jis",    "euc-jp",       "euc-kr",       "gb18030",      "big5"};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcasecmp(known[i], name) == 0)
            return true;
    return false;
}

/* What iconv_open() gives where it cannot. */
static bool is_open(iconv_t cd)
{
    return cd != (iconv_t)-1;
}

omni_status recode_new(const char *format_options, struct recode **out, struct err *err)
{
    auto_free char *name = encoding_of(format_options);
    *out = NULL;
    if (!name || strcasecmp(name, "utf-8") == 0)
        return OMNI_OK;
    iconv_t cd = is_known(name) ? iconv_open("UTF-8", name) : (iconv_t)-1;
    if (!is_open(cd))
        return err_set(err, OMNI_E_CONFIG,
                       "the encoding \"%s\" is not known here; write windows-1252, iso-8859-15, "
                       "utf-16 …, as iconv calls them",
                       name);
    struct recode *r = xcalloc(1, sizeof *r);
    *r = (struct recode){.cd = cd, .name = mem_take(name), .left = BUF_INIT(SIZE_MAX / 4)};
    *out = r;
    return OMNI_OK;
}

void recode_free(struct recode *r)
{
    if (!r)
        return;
    if (is_open(r->cd))
        iconv_close(r->cd);
    buf_free(&r->left);
    free(r->name);
    free(r);
}

void recode_reset(struct recode *r)
{
    if (!r)
        return;
    /* Its own way back to the beginning keeps the byte order of UTF-16 (glibc). */
    if (is_open(r->cd))
        iconv_close(r->cd);
    r->cd = iconv_open("UTF-8", r->name);
    buf_clear(&r->left);
    r->taken = 0;
}

omni_status recode_feed(struct recode *r, const void *bytes, size_t n, const struct recode_out *out,
                        struct err *err)
{
    char chunk[OUT_CHUNK];
    if (!is_open(r->cd))
        return err_set(err, OMNI_E_RETRY, "the encoding %s cannot be read: %s", r->name,
                       strerror(ENOMEM));
    buf_add(&r->left, bytes, n);
    char *in = r->left.data;
    size_t in_left = r->left.len;
    for (bool is_done = in_left == 0; !is_done;) {
        char *to = chunk;
        size_t room = sizeof chunk;
        int why = iconv(r->cd, &in, &in_left, &to, &room) == (size_t)-1 ? errno : 0;
        if (why == EILSEQ)
            return err_set(err, OMNI_E_DATA, "byte %" PRIu64 " is no character of %s",
                           r->taken + (r->left.len - in_left), r->name);
        is_done = why != E2BIG;
        omni_status status =
            to > chunk ? out->bytes(out->ctx, chunk, (size_t)(to - chunk), err) : OMNI_OK;
        if (status != OMNI_OK)
            return status;
    }
    r->taken += r->left.len - in_left;
    buf_drop(&r->left, r->left.len - in_left);
    return OMNI_OK;
}

/* Encodings that write accents after the letter (windows-1258) hold back a letter until they see
 * what follows. */
static omni_status give_held(struct recode *r, const struct recode_out *out, struct err *err)
{
    char held[OUT_HELD], *to = held;
    size_t room = sizeof held;
    if (is_open(r->cd) && iconv(r->cd, NULL, NULL, &to, &room) == (size_t)-1)
        return err_set(err, OMNI_E_BUG, "the end of %s: %s", r->name, strerror(errno));
    return to > held ? out->bytes(out->ctx, held, (size_t)(to - held), err) : OMNI_OK;
}

omni_status recode_finish(struct recode *r, const struct recode_out *out, struct err *err)
{
    if (r->left.len == 0)
        return give_held(r, out, err);
    return err_set(err, OMNI_E_DATA, "byte %" PRIu64 ": the last character of %s is not whole",
                   r->taken, r->name);
}
