/* SPDX-License-Identifier: Apache-2.0
 * How long to wait, and waiting in slices. */
#include <config.h>

#include "http/wait.h"

#include <string.h>
#include <sys/random.h>

#include <curl/curl.h>

#include "base/text.h"
#include "http/client.h"

enum { DAY_S = 86400, BACKOFF_CAP_MS = 60000 };

uint64_t wait_clock_ms(void)
{
    struct timespec ts = {0};
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* "120" or "1.5"; the fraction only lengthens the wait. */
static bool parse_seconds(const char *value, uint64_t *ms)
{
    char whole[24];
    size_t n = strspn(value, "0123456789"), m = 0;
    if (value[n] == '.')
        m = 1 + strspn(value + n + 1, "0123456789");
    if (n == 0 || value[n + m] != '\0')
        return false;
    long long seconds = DAY_S;
    if (n < 10) {
        memcpy(whole, value, n);
        whole[n] = '\0';
        text_parse_int(whole, 0, DAY_S, &seconds);
    }
    bool has_fraction = m > 1 && strspn(value + n + 1, "0") < m - 1;
    seconds += has_fraction && seconds < DAY_S;
    *ms = (uint64_t)seconds * 1000;
    return true;
}

bool wait_retry_after(const char *value, const char *date, uint64_t *ms)
{
    *ms = 0;
    if (!value)
        return false;
    if (parse_seconds(value, ms))
        return true;
    time_t until = curl_getdate(value, NULL), now = date ? curl_getdate(date, NULL) : -1;
    if (until < 0)
        return false;
    if (now < 0)
        now = time(NULL);
    if (until > now)
        *ms = (uint64_t)(until - now < DAY_S ? until - now : DAY_S) * 1000;
    return true;
}

uint64_t wait_backoff(uint32_t first_ms, uint32_t attempt)
{
    uint64_t cap = (uint64_t)first_ms << (attempt > 16 ? 16 : attempt - 1), random = 0;
    if (cap > BACKOFF_CAP_MS)
        cap = BACKOFF_CAP_MS;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
        random = wait_clock_ms();
    return random % (cap + 1);
}

omni_status wait_sleep(struct http *h, uint64_t ms, struct err *err)
{
    h->counts.waited_ms += ms;
    for (uint64_t left = h->replay ? 0 : ms;;) {
        if (http_is_cancelled(h))
            return err_set(err, OMNI_E_CANCELLED, "cancelled while waiting");
        if (left == 0)
            return OMNI_OK;
        uint64_t slice = left < HTTP_SLICE_MS ? left : HTTP_SLICE_MS;
        struct timespec ts = {.tv_nsec = (long)slice * 1000000};
        nanosleep(&ts, NULL);
        left -= slice;
    }
}

long wait_clock_skew(const char *date)
{
    time_t theirs = date ? curl_getdate(date, NULL) : -1;
    return theirs < 0 ? 0 : (long)(time(NULL) - theirs);
}
