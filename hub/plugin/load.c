/* SPDX-License-Identifier: Apache-2.0
 * Loads a plugin file. Whoever may write the file runs code as the hub's user, hence the checks of
 * the file and of every folder above it; each refusal has its own text. */
#include <config.h>

#include "plugin/load.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

struct load {
    int fd;
    void *handle;
    const struct omni_module *module;
};

/* ---- who may have written it ---- */

static bool is_ours(const struct stat *st)
{
    return st->st_uid == 0 || st->st_uid == geteuid();
}

/* A group of our own is what a umask of 002 goes with. */
static bool is_closed(const struct stat *st)
{
    bool is_own_group = st->st_uid == geteuid() && st->st_gid == getegid();
    return (st->st_mode & S_IWOTH) == 0 && ((st->st_mode & S_IWGRP) == 0 || is_own_group);
}

static omni_status check_folder(const char *path, const char *folder, struct err *err)
{
    struct stat st;
    if (stat(folder, &st) != 0)
        return err_set(err, OMNI_E_CONFIG, "%s: cannot look at %s: %s", path, folder,
                       strerror(errno));
    /* In a sticky folder such as /tmp nobody can replace what is not theirs. */
    if (is_ours(&st) && (is_closed(&st) || (st.st_mode & S_ISVTX)))
        return OMNI_OK;
    return err_set(err, OMNI_E_CONFIG,
                   "%s: others may replace it, because the folder %s is owned by or open to them "
                   "(mode %04o, owner %u); give it to root or to this user and take their write "
                   "permission away",
                   path, folder, (unsigned)st.st_mode & 07777, (unsigned)st.st_uid);
}

static omni_status check_folders(const char *path, struct err *err)
{
    auto_free char *copy = xstrdup(path);
    char *slash = strrchr(copy, '/');
    if (slash)
        *slash = '\0';
    auto_free char *folder = realpath(slash ? (*copy ? copy : "/") : ".", NULL);
    if (!folder)
        return err_set(err, OMNI_E_CONFIG, "%s: cannot look at its folder: %s", path,
                       strerror(errno));
    for (;;) {
        omni_status status = check_folder(path, *folder ? folder : "/", err);
        slash = strrchr(folder, '/');
        if (status != OMNI_OK || !slash || folder[0] == '\0')
            return status;
        *slash = '\0';
    }
}

static omni_status check_file(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set(err, file_status(errno), "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, OMNI_E_CONFIG, "%s: not a regular file", path);
    if (!is_ours(&st))
        return err_set(err, OMNI_E_CONFIG,
                       "%s: owned by user %u; a plugin must be owned by root or by the user that "
                       "runs the hub",
                       path, (unsigned)st.st_uid);
    if (!is_closed(&st))
        return err_set(err, OMNI_E_CONFIG,
                       "%s: others may write to it (mode %04o); run: chmod go-w %s", path,
                       (unsigned)st.st_mode & 07777, path);
    return OMNI_OK;
}

int load_open_file(const char *path, struct err *err)
{
    /* O_NONBLOCK: opening a named pipe must not wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        if (errno == ELOOP)
            err_set(err, OMNI_E_CONFIG, "%s: is a symbolic link; name the file itself", path);
        else
            err_set(err, file_status(errno), "%s: cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    if (check_file(fd, path, err) != OMNI_OK || check_folders(path, err) != OMNI_OK) {
        close(fd);
        return -1;
    }
    return fd;
}

/* ---- what is in it ---- */

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#elif defined(__riscv)
enum { OWN_MACHINE = EM_RISCV };
#elif defined(__powerpc64__)
enum { OWN_MACHINE = EM_PPC64 };
#elif defined(__s390x__)
enum { OWN_MACHINE = EM_S390 };
#else
enum { OWN_MACHINE = 0 }; /* dlopen's own words have to do */
#endif

static omni_status check_elf(int fd, const char *path, struct err *err)
{
    union {
        unsigned char ident[EI_NIDENT];
        Elf64_Ehdr head; /* up to e_machine both classes are alike */
    } elf = {.ident = {0}};
    ssize_t n = pread(fd, &elf, sizeof elf, 0);
    if (n < SELFMAG || memcmp(elf.ident, ELFMAG, SELFMAG) != 0)
        return err_set(err, OMNI_E_CONFIG,
                       "%s: not a shared object (its first bytes are not ELF's)", path);
    if (n < (ssize_t)sizeof elf)
        return err_set(err, OMNI_E_CONFIG, "%s: cut short: not even its header is whole", path);
    if (elf.ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        (OWN_MACHINE != 0 && elf.head.e_machine != OWN_MACHINE))
        return err_set(
            err, OMNI_E_CONFIG,
            "%s: built for another kind of machine (ELF machine %u); build it on this one", path,
            elf.head.e_machine);
    if (elf.head.e_type != ET_DYN)
        return err_set(err, OMNI_E_CONFIG, "%s: not a shared object; link it with -shared", path);
    return OMNI_OK;
}

/* Mapping more than the file has would end this process with SIGBUS at the first touch. */
static omni_status check_whole(int fd, const char *path, struct err *err)
{
    struct stat st;
    ElfW(Ehdr) head;
    if (fstat(fd, &st) != 0 || pread(fd, &head, sizeof head, 0) != sizeof head ||
        head.e_phentsize != sizeof(ElfW(Phdr)))
        return err_set(err, OMNI_E_CONFIG, "%s: its ELF header cannot be read", path);
    for (unsigned i = 0; i < head.e_phnum; i++) {
        ElfW(Phdr) part;
        off_t at = (off_t)(head.e_phoff + i * sizeof part);
        bool is_read = pread(fd, &part, sizeof part, at) == sizeof part;
        if (!is_read || part.p_offset > (uint64_t)st.st_size ||
            part.p_filesz > (uint64_t)st.st_size - part.p_offset)
            return err_set(err, OMNI_E_CONFIG,
                           "%s: cut short: it has %lld bytes and should have more; copy it again",
                           path, (long long)st.st_size);
    }
    return OMNI_OK;
}

/* A symbol of another major version, to say more than "not found". */
static unsigned other_major(void *handle)
{
    for (unsigned major = 1; major < 100; major++) {
        char name[32];
        snprintf(name, sizeof name, "omnihub_module_v%u", major);
        if (major != OMNI_ABI_MAJOR && dlsym(handle, name))
            return major;
    }
    return 0;
}

static omni_status check_module(const struct load *l, const char *path, struct err *err)
{
    const struct omni_module *m = l->module;
    if (!m) {
        unsigned major = other_major(l->handle);
        if (major == 0)
            return err_set(err, OMNI_E_CONFIG,
                           "%s: not an omnihub plugin: it does not export omnihub_module_v%d", path,
                           OMNI_ABI_MAJOR);
        return err_set(err, OMNI_E_CONFIG,
                       "%s: built for version %u of the plugin contract, this hub speaks version "
                       "%d.%d; get a build of the plugin for it",
                       path, major, OMNI_ABI_MAJOR, OMNI_ABI_MINOR);
    }
    if (m->abi_major != OMNI_ABI_MAJOR)
        return err_set(err, OMNI_E_CONFIG,
                       "%s: built for version %u.%u of the plugin contract, this hub speaks %d.%d",
                       path, m->abi_major, m->abi_minor, OMNI_ABI_MAJOR, OMNI_ABI_MINOR);
    if (m->abi_minor > OMNI_ABI_MINOR)
        return err_set(
            err, OMNI_E_CONFIG,
            "%s: needs version %u.%u of the plugin contract, this hub is older and speaks "
            "%d.%d; upgrade the hub",
            path, m->abi_major, m->abi_minor, OMNI_ABI_MAJOR, OMNI_ABI_MINOR);
    /* Members of version 1.0; later ones may be missing. */
    if (m->size < offsetof(struct omni_module, sinks) + sizeof m->sinks)
        return err_set(err, OMNI_E_CONFIG,
                       "%s: its module says it has %u bytes, version 1.0 has %zu: the contract is "
                       "broken (is .size set?)",
                       path, m->size, sizeof *m);
    if (!m->name || (!m->sources && !m->sinks))
        return err_set(err, OMNI_E_CONFIG,
                       "%s: its module has no name, or neither sources nor sinks", path);
    return OMNI_OK;
}

static omni_status load_now(struct load *l, const char *path, struct err *err)
{
    char name[64];
    /* By the descriptor that was checked: the file behind the path may be another one by now. */
    snprintf(name, sizeof name, "/proc/self/fd/%d", l->fd);
    l->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!l->handle) {
        const char *why = dlerror(), *own = why ? strstr(why, name) : NULL;
        /* Our own name for it means nothing to anybody. */
        if (own == why && own)
            why += strlen(name) + strspn(why + strlen(name), ": ");
        return err_set(err, OMNI_E_CONFIG, "%s: cannot be loaded: %s", path, why ? why : "unknown");
    }
    l->module = dlsym(l->handle, "omnihub_module_v1");
    return check_module(l, path, err);
}

struct load *load_open(const char *path, struct err *err)
{
    int fd = load_open_file(path, err);
    return fd < 0 ? NULL : load_open_sealed(fd, path, err);
}

struct load *load_open_sealed(int fd, const char *path, struct err *err)
{
    struct load *l = xcalloc(1, sizeof *l);
    l->fd = fd;
    if (check_elf(fd, path, err) == OMNI_OK && check_whole(fd, path, err) == OMNI_OK &&
        load_now(l, path, err) == OMNI_OK)
        return l;
    load_close(l);
    return NULL;
}

void load_close(struct load *l)
{
    if (!l)
        return;
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", l->fd);
    if (l->handle)
        dlclose(l->handle);
    /* An object that cannot be unloaded keeps its name, and with it the descriptor's number: the
     * loader would take the next plugin of that name for this one. */
    void *still = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
    if (still)
        dlclose(still);
    else
        close(l->fd);
    free(l);
}

const struct omni_module *load_module(const struct load *l)
{
    return l->module;
}

/* ---- finding it ---- */

enum { MAX_NAMES = 1000 };

struct names {
    char *list[MAX_NAMES];
    size_t n;
};

static void collect(struct names *names, const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *e; names->n < MAX_NAMES && (e = readdir(d));)
        if (text_ends(e->d_name, ".so"))
            names->list[names->n++] = xstrndup(e->d_name, strlen(e->d_name) - 3);
    closedir(d);
}

static void not_found(const char *name, const char *const *dirs, struct err *err)
{
    struct names *names = xcalloc(1, sizeof *names);
    auto_buf where = BUF_INIT(ERR_TEXT / 2);
    for (; *dirs; dirs++) {
        collect(names, *dirs);
        buf_printf(&where, "%s%s", where.len ? ", " : "", *dirs);
    }
    const char *near = text_suggest(name, (const char *const *)names->list, names->n);
    err_set(err, OMNI_E_CONFIG, "no plugin \"%s\" in %s%s%s%s", name,
            where.len ? buf_text(&where) : "(no folder given)", near ? "; did you mean \"" : "",
            near ? near : "", near ? "\"?" : "");
    while (names->n > 0)
        free(names->list[--names->n]);
    free(names);
}

char *load_find(const char *name, const char *const *dirs, struct err *err)
{
    if (name[0] == '/')
        return xstrdup(name);
    if (name[0] == '\0' || strchr(name, '/')) {
        err_set(err, OMNI_E_CONFIG,
                "\"%s\" is neither the name of a plugin nor an absolute path to one", name);
        return NULL;
    }
    for (const char *const *d = dirs; *d; d++) {
        char *path = xasprintf("%s/%s.so", *d, name);
        struct stat st;
        if (lstat(path, &st) == 0)
            return path;
        free(path);
    }
    not_found(name, dirs, err);
    return NULL;
}
