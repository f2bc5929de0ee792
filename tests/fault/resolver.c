/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into omnihub-job by f_b_names.py: a name server that says what the test wants.
 * RESOLVER="name=answer/answer …": each question takes the next answer, the last one stays. An
 * answer is a list of addresses apart by commas, or "again" (SERVFAIL), "none" (NXDOMAIN), "late"
 * (no answer until the library gives up).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES = 16, LONGEST = 256, PATIENCE = 4 /* seconds */ };
typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* curl asks from threads */
static size_t asked[NAMES];                              /* by the name's place in RESOLVER */

/* The n-th answer of a list apart by slashes; its last where there are fewer. */
static void choose(char out[LONGEST], const char *list, size_t len, size_t n)
{
    const char *end = list + len, *next;
    for (; n > 0 && (next = memchr(list, '/', (size_t)(end - list))); n--)
        list = next + 1;
    next = memchr(list, '/', (size_t)(end - list));
    size_t used = (size_t)((next ? next : end) - list);
    used = used < LONGEST - 1 ? used : LONGEST - 1;
    memcpy(out, list, used);
    out[used] = '\0';
}

/* False: not one of the test's names. */
static int find(char answer[LONGEST], const char *name)
{
    const char *p = getenv("RESOLVER");
    for (size_t i = 0; p && *p && i < NAMES; i++) {
        size_t len = strcspn(p, "="), all = strcspn(p, " ");
        if (strlen(name) == len && strncmp(p, name, len) == 0) {
            pthread_mutex_lock(&lock);
            choose(answer, p + len + 1, all - len - 1, asked[i]++);
            pthread_mutex_unlock(&lock);
            return 1;
        }
        p += all;
        p += strspn(p, " ");
    }
    return 0;
}

static int list_addresses(look_up *real, char *answer, const char *service,
                          const struct addrinfo *hints, struct addrinfo **out)
{
    struct addrinfo wants = hints ? *hints : (struct addrinfo){0}, **tail = out;
    char *save = NULL;
    wants.ai_flags = (wants.ai_flags & ~AI_ADDRCONFIG) | AI_NUMERICHOST;
    *out = NULL;
    for (char *a = strtok_r(answer, ",", &save); a; a = strtok_r(NULL, ",", &save)) {
        if (real(a, service, &wants, tail) == 0)
            while (*tail)
                tail = &(*tail)->ai_next;
    }
    return *out ? 0 : EAI_NONAME;
}

__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **out)
{
    char answer[LONGEST];
    look_up *real = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!name || !find(answer, name))
        return real(name, service, hints, out);
    if (strcmp(answer, "late") == 0)
        sleep(PATIENCE);
    if (strcmp(answer, "late") == 0 || strcmp(answer, "again") == 0)
        return EAI_AGAIN;
    return strcmp(answer, "none") == 0 ? EAI_NONAME
                                       : list_addresses(real, answer, service, hints, out);
}
