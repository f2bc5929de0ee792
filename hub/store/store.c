/* SPDX-License-Identifier: Apache-2.0
 * Opening and closing the store: the file, its permissions and pragmas, what must not be opened. */
#include <config.h>

#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/internal.h"

enum { STORE_BUSY_MS = 60000, STORE_WATCH_BUSY_MS = 1000, STORE_WAL_RETRY_MS = 20 };

/* The file holds customers' data: made for its owner only; SQLite gives -wal and -shm the same
 * mode. Never opened here where it exists: closing it would drop the locks of other connections. */
static omni_status make_file(const char *path, struct err *err)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return OMNI_OK;
    }
    if (errno == EEXIST)
        return OMNI_OK;
    return err_set(err, file_status(errno), "cannot make it: %s", strerror(errno));
}

/* Another process may be switching at the same moment, and SQLite does not wait for that one. */
static omni_status use_wal(sqlite3 *db, struct err *err)
{
    /* Rows come by the thousand: larger pages are a twentieth faster. A file that is made keeps its
     * size. */
    if (sql_exec(db, err, "PRAGMA page_size = 8192") != OMNI_OK)
        return err->status;
    for (int waited = 0;; waited += STORE_WAL_RETRY_MS) {
        auto_stmt *stmt = sql_prepare(db, "PRAGMA journal_mode = WAL", err);
        if (stmt && sql_step(stmt, err) == SQL_ROW)
            return OMNI_OK;
        if ((sqlite3_errcode(db) & 0xff) != SQLITE_BUSY || waited >= STORE_BUSY_MS)
            return err->status;
        sqlite3_sleep(STORE_WAL_RETRY_MS);
    }
}

/* The cache holds the index of the days at hand; more of it was no faster and only cost memory.
 * The log goes into the file every 32 MiB: a first load waits for the disk half as often as with
 * SQLite's 1,000 pages. Without the size limit one large window would leave its log behind for
 * good. */
static const char writer_pragmas[] = "PRAGMA synchronous = FULL;"
                                     "PRAGMA foreign_keys = OFF;"
                                     "PRAGMA cache_size = -5120;"
                                     "PRAGMA wal_autocheckpoint = 4096;"
                                     "PRAGMA journal_size_limit = 67108864;";

static char *uri_of(const char *path, const char *parameter)
{
    auto_buf uri = BUF_INIT(3 * PATH_MAX);
    buf_adds(&uri, "file:");
    for (const char *p = path; *p; p++) /* of the uri's own characters these three matter */
        if (strchr("%?#", *p))
            buf_printf(&uri, "%%%02X", (unsigned char)*p);
        else
            buf_addc(&uri, *p);
    return buf_printf(&uri, "?%s", parameter) ? buf_take(&uri) : NULL;
}

/* The file alone holds everything: nothing waits in the log. */
static bool has_empty_log(const char *path)
{
    struct stat st;
    auto_free char *log = xasprintf("%s-wal", path);
    return stat(log, &st) != 0 || st.st_size == 0;
}

/* On a read-only file system SQLite could not make the files that readers of a log share, though
 * nobody can write: then the file alone is read. With a log that is not empty, it would be stale.
 */
static bool is_frozen(const char *path)
{
    auto_free char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (!slash || !has_empty_log(path))
        return false;
    slash[slash == folder] = '\0';
    return access(folder, W_OK) != 0 && errno == EROFS;
}

/* Who only watches has no right to make the shared file: where it is there it is only read, and
 * where it is not, nobody has the store open. (One who opens it this very moment makes this look at
 * it doubtful; the next look is right.) */
static const char *watching(const char *path)
{
    auto_free char *shared = xasprintf("%s-shm", path);
    return access(shared, F_OK) != 0 && has_empty_log(path) ? "immutable=1" : "readonly_shm=1";
}

/* NULL: the path as it is; else free(). */
static char *reader_uri(const char *path, enum store_mode mode)
{
    if (mode == STORE_WATCH)
        return uri_of(path, watching(path));
    return mode == STORE_READ && is_frozen(path) ? uri_of(path, "immutable=1") : NULL;
}

/* SQLite's own counting of memory takes a lock per allocation, and nobody reads it. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* SQLite opens what cannot be written for reading. A disk that is read-only, or was a moment ago,
 * passes; a wrong mode does not. */
static omni_status check_writable(sqlite3 *db, const char *path, struct err *err)
{
    if (sqlite3_db_readonly(db, "main") <= 0)
        return OMNI_OK;
    if (access(path, W_OK) == 0)
        errno = EROFS;
    omni_status status = file_status(errno);
    return err_set(err, status, "the store cannot be written: %s; %s", strerror(errno),
                   status == OMNI_E_RETRY ? "nothing was changed" : "check owner and mode");
}

static omni_status make_ready(sqlite3 *db, const char *path, enum store_mode mode, struct err *err)
{
    omni_status status = mode == STORE_WRITE ? check_writable(db, path, err) : OMNI_OK;
    if (status == OMNI_OK && mode == STORE_WATCH) /* sorting would else write files */
        status = sql_exec(db, err, "PRAGMA temp_store = MEMORY");
    if (status == OMNI_OK)
        status = functions_register(db, err);
    if (status == OMNI_OK && mode == STORE_WRITE)
        status = use_wal(db, err);
    if (status == OMNI_OK && mode == STORE_WRITE)
        status = sql_exec(db, err, "%s", writer_pragmas);
    return status;
}

sqlite3 *store_connect(const char *path, enum store_mode mode, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    sqlite3 *db = NULL;
    /* A connection never leaves its thread, so it needs no lock around each call. */
    int flags =
        SQLITE_OPEN_NOMUTEX | (mode == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    if (strcmp(path, ":memory:") == 0)
        flags |= SQLITE_OPEN_CREATE;
    auto_free char *uri = reader_uri(path, mode);
    if (uri)
        flags |= SQLITE_OPEN_URI;
    if (sqlite3_open_v2(uri ? uri : path, &db, flags, NULL) != SQLITE_OK) {
        sql_fail(db, err);
        sqlite3_close(db);
        return NULL;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, mode == STORE_WATCH ? STORE_WATCH_BUSY_MS : STORE_BUSY_MS);
    /* "x" is a column, never a text: a misspelt name in the admin's SQL must not become a value. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (make_ready(db, path, mode, err) == OMNI_OK)
        return db;
    sqlite3_close(db);
    return NULL;
}

static omni_status read_pragma(sqlite3 *db, const char *sql, int64_t *out, struct err *err)
{
    auto_stmt *stmt = sql_prepare(db, sql, err);
    return stmt ? sql_int(stmt, 0, out, err) : err->status;
}

omni_status store_check_identity(sqlite3 *db, bool *is_new, struct err *err)
{
    int64_t application, version, objects;
    if (read_pragma(db, "PRAGMA application_id", &application, err) != OMNI_OK ||
        read_pragma(db, "PRAGMA user_version", &version, err) != OMNI_OK ||
        read_pragma(db, "SELECT count(*) FROM sqlite_schema", &objects, err) != OMNI_OK)
        return err->status;
    *is_new = objects == 0 && application == 0;
    if (*is_new)
        return OMNI_OK;
    if (application != STORE_APPLICATION)
        return err_set(err, OMNI_E_CONFIG,
                       "this is another program's SQLite file; choose another state_dir");
    if (version > STORE_VERSION)
        return err_set(err, OMNI_E_CONFIG,
                       "made by a newer omnihub (store version %lld, this program knows %d); "
                       "upgrade this program",
                       (long long)version, STORE_VERSION);
    return OMNI_OK;
}

char *store_path(const char *state_dir)
{
    return state_dir ? xasprintf("%s/store.db", state_dir) : xstrdup(":memory:");
}

static omni_status nothing_yet(struct err *err)
{
    return err_set(err, OMNI_E_CONFIG, "there is nothing yet; run: omnihub pull");
}

/* A foreign or damaged file is found out before the first pragma could write to it. */
static omni_status look_first(const char *path, enum store_mode mode, struct err *err)
{
    bool is_new;
    if (mode != STORE_WRITE && access(path, F_OK) != 0 && errno == ENOENT)
        return nothing_yet(err);
    if (mode == STORE_WRITE && make_file(path, err) != OMNI_OK)
        return err->status;
    sqlite3 *look = store_connect(path, mode == STORE_WATCH ? STORE_WATCH : STORE_READ, err);
    omni_status status = look ? store_check_identity(look, &is_new, err) : err->status;
    sqlite3_close(look);
    return status;
}

static omni_status open_file(struct store *s, enum store_mode mode, struct err *err)
{
    bool is_new, is_file = strcmp(s->path, ":memory:") != 0;
    if (is_file && look_first(s->path, mode, err) != OMNI_OK)
        return err->status;
    s->db = store_connect(s->path, mode, err);
    if (!s->db || store_check_identity(s->db, &is_new, err) != OMNI_OK)
        return err->status;
    if (mode == STORE_WRITE)
        return layout_update(s, !is_new, err);
    return is_new ? nothing_yet(err) : OMNI_OK;
}

struct store *store_open(const char *state_dir, const struct schema *schema, enum store_mode mode,
                         struct err *err)
{
    struct store *s = xcalloc(1, sizeof *s);
    s->schema = schema;
    s->path = store_path(state_dir);
    if (open_file(s, mode, err) == OMNI_OK)
        return s;
    err_prefix(err, "%s: ", s->path);
    store_close(s);
    return NULL;
}

struct store *store_again(const struct store *s, struct err *err)
{
    struct store *again = xcalloc(1, sizeof *again);
    again->schema = s->schema;
    again->path = xstrdup(s->path);
    again->db = store_connect(s->path, STORE_WRITE, err);
    if (again->db)
        return again;
    err_prefix(err, "%s: ", s->path);
    store_close(again);
    return NULL;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    sqlite3_close_v2(s->db);
    free(s->path);
    free(s);
}

bool store_was_migrated(const struct store *s)
{
    return s->was_migrated;
}

const struct schema *store_schema(const struct store *s)
{
    return s->schema;
}

bool store_is_full(const struct store *s)
{
    return s->is_full;
}

struct sqlite3 *store_db(struct store *s)
{
    return s->db;
}
