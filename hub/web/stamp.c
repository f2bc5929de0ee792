/* SPDX-License-Identifier: Apache-2.0
 * A sum over names, sizes, times and inodes of the configuration's files. */
#include <config.h>

#include "web/stamp.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/text.h"

/* FNV-1a */
static uint64_t mix(uint64_t sum, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static uint64_t mix_file(uint64_t sum, const char *path)
{
    struct stat st;
    sum = mix(sum, path, strlen(path));
    if (stat(path, &st) != 0)
        return sum;
    const int64_t parts[] = {(int64_t)st.st_ino, (int64_t)st.st_size, st.st_mtim.tv_sec,
                             st.st_mtim.tv_nsec};
    return mix(sum, parts, sizeof parts);
}

static uint64_t mix_folder(uint64_t sum, const char *main_file)
{
    const char *slash = strrchr(main_file, '/');
    auto_free char *folder =
        slash ? xasprintf("%.*s/conf.d", (int)(slash - main_file), main_file) : xstrdup("conf.d");
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        auto_free char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
        if (text_ends(path, ".conf"))
            sum = mix_file(sum, path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return sum;
}

uint64_t stamp_of(const char *main_file, const struct config *c)
{
    uint64_t sum = mix_folder(mix_file(UINT64_C(0xcbf29ce484222325), main_file), main_file);
    const char *last = main_file;
    struct stat state;
    /* The fences name a folder that is there: one that comes later needs new ones. */
    if (c && stat(c->hub.state_dir, &state) == 0)
        sum = mix(sum, &state.st_ino, sizeof state.st_ino);
    for (size_t i = 0; c && i < c->n_connectors + c->n_sinks; i++) {
        const char *file = i < c->n_connectors ? c->connectors[i].place.file
                                               : c->sinks[i - c->n_connectors].place.file;
        if (file && strcmp(file, last) != 0) /* in the order of files: each about once */
            sum = mix_file(sum, last = file);
    }
    return sum;
}
