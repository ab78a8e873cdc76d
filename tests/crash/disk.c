/* A disk that can lose its power and that can fail, for one store and the processes that are told of it.
 *
 * Loaded by LD_PRELOAD. "Ours" is every path that begins with DISK_STORE: the database, its -wal, -shm and -journal, and
 * the folder beside it. Two things, each by its own variable:
 *
 * DISK_KEEP=directory   After each successful fsync or fdatasync of a file of ours, its bytes are kept under its identity
 *                       (inode and birth); after one of a directory, its names with the identities they stand for. What
 *                       is kept is what a power cut leaves (disk.py puts it back).
 * DISK_FAIL="N once 5"  The Nth operation that writes to ours fails with that errno, or with "always" each from then on.
 *                       What failed is told in DISK_TOLD, a line each: number, operation, path. With DISK_AFTER=path
 *                       nothing is counted before that path exists.
 *
 * Known limits: sync(2), sync_file_range(2), msync(2), O_SYNC and O_DSYNC keep nothing; a cut loses all that was not synced,
 * where a real one would keep some of it.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *store, *keep, *told, *after;
static char parent[PATH_MAX]; /* the directory that the store is in */
static long fail_at;
static int fail_always, fail_with;
static atomic_long operations;
static __thread int inside; /* what we do ourselves is neither kept nor counted */

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void)
{
    char how[16] = "";
    const char *fail = getenv("DISK_FAIL");
    store = getenv("DISK_STORE");
    keep = getenv("DISK_KEEP");
    told = getenv("DISK_TOLD");
    after = getenv("DISK_AFTER");
    if (!store) return;
    snprintf(parent, sizeof parent, "%s", store);
    *strrchr(parent, '/') = 0;
    if (fail && sscanf(fail, "%ld %15s %d", &fail_at, how, &fail_with) != 3) abort();
    fail_always = !strcmp(how, "always");
}

static int is_ours(const char *path) { return store && !strncmp(path, store, strlen(store)); }

static int path_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size < 0 ? 0 : size] = 0;
    return size > 0;
}

static const char *path_at(int dir, const char *name, char *path)
{
    char base[PATH_MAX] = "";
    if (*name == '/') return name;
    if (dir == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(dir, base)) return "";
    return snprintf(path, PATH_MAX, "%s/%s", base, name) < PATH_MAX ? path : "";
}

/* -- the disk that fails ------------------------------------------------------------------------------------------- */

static void tell(long number, const char *operation, const char *path)
{
    char line[PATH_MAX + 64];
    int size = snprintf(line, sizeof line, "%ld %s %s\n", number, operation, path);
    int fd = told ? open(told, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && write(fd, line, size) < 0) abort();
    if (fd >= 0) close(fd);
}

static int path_fails(const char *operation, const char *path)
{
    if (!fail_at || inside || !is_ours(path) || (after && access(after, F_OK))) return 0;
    long number = atomic_fetch_add(&operations, 1) + 1;
    if (number != fail_at && !(fail_always && number > fail_at)) return 0;
    inside++;
    tell(number, operation, path);
    inside--;
    errno = fail_with;
    return 1;
}

static int fails(const char *operation, int fd)
{
    char path[PATH_MAX];
    return fail_at && !inside && path_of(fd, path) && path_fails(operation, path);
}

/* -- the disk that loses its power --------------------------------------------------------------------------------- */

static int identity(int dir, const char *name, char *key, mode_t *mode)
{
    struct statx found;
    int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);
    if (statx(dir, name, flags, STATX_BASIC_STATS | STATX_BTIME, &found)) return 0;
    *mode = found.stx_mode;
    sprintf(key, "%llu-%lld.%u", (unsigned long long)found.stx_ino, (long long)found.stx_btime.tv_sec,
            found.stx_btime.tv_nsec);
    return 1;
}

static void keep_bytes(int fd, FILE *copy)
{
    char link[64], buffer[1 << 16];
    ssize_t size;
    off_t at = 0;
    int source = fd;
    /* Opened anew only if the caller's is for writing only: to close a file lets go of the process's locks on it. */
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        source = open(link, O_RDONLY | O_CLOEXEC);
    }
    while ((size = pread(source, buffer, sizeof buffer, at)) > 0) {
        if (fwrite(buffer, 1, size, copy) != (size_t)size) abort();
        at += size;
    }
    if (size < 0) abort();
    if (source != fd) close(source);
}

static void keep_names(const char *path, FILE *copy)
{
    char key[128];
    mode_t mode;
    struct dirent *entry;
    DIR *directory = opendir(path);
    if (!directory) abort();
    while ((entry = readdir(directory))) {
        const char *name = entry->d_name, *ours = strrchr(store, '/') + 1;
        if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
        if (!strcmp(path, parent) && strncmp(name, ours, strlen(ours))) continue; /* the store's neighbours */
        if (identity(dirfd(directory), name, key, &mode))
            fprintf(copy, "%s %s %s\n", S_ISDIR(mode) ? "directory" : "file", key, name);
    }
    closedir(directory);
}

static void keep_synced(int fd, const char *path)
{
    char key[128], final[PATH_MAX + 192], name[sizeof final + 8];
    mode_t mode;
    if (!identity(fd, "", key, &mode)) abort();
    snprintf(final, sizeof final, "%s/%s", keep, key);
    snprintf(name, sizeof name, "%s.new", final);
    FILE *copy = fopen(name, "we");
    if (!copy) abort();
    if (S_ISDIR(mode)) keep_names(path, copy);
    else keep_bytes(fd, copy);
    if (fclose(copy) || rename(name, final)) abort();
}

/* One at a time in all processes, so that no older copy replaces a newer one. */
static int sync_and_keep(int (*sync)(int), int fd)
{
    char path[PATH_MAX], lock[PATH_MAX];
    if (!keep || inside || !path_of(fd, path) || !(is_ours(path) || !strcmp(path, parent))) return sync(fd);
    inside++;
    snprintf(lock, sizeof lock, "%s/lock", keep);
    int held = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (held < 0 || flock(held, LOCK_EX)) abort();
    int result = sync(fd);
    if (!result) keep_synced(fd, path);
    close(held);
    inside--;
    return result;
}

/* -- what is called instead ---------------------------------------------------------------------------------------- */

int fsync(int fd)
{
    REAL(fsync);
    return fails("fsync", fd) ? -1 : sync_and_keep(real, fd);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    return fails("fdatasync", fd) ? -1 : sync_and_keep(real, fd);
}

#define BY_DESCRIPTOR(type, name, parameters, arguments) \
    type name parameters \
    { \
        REAL(name); \
        return fails(#name, fd) ? -1 : real arguments; \
    }

BY_DESCRIPTOR(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size))
BY_DESCRIPTOR(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at))
BY_DESCRIPTOR(ssize_t, pwrite64, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
BY_DESCRIPTOR(ssize_t, writev, (int fd, const struct iovec *from, int parts), (fd, from, parts))
BY_DESCRIPTOR(ssize_t, pwritev, (int fd, const struct iovec *from, int parts, off_t at), (fd, from, parts, at))
BY_DESCRIPTOR(ssize_t, pwritev64, (int fd, const struct iovec *from, int parts, off64_t at), (fd, from, parts, at))
BY_DESCRIPTOR(int, ftruncate, (int fd, off_t size), (fd, size))
BY_DESCRIPTOR(int, ftruncate64, (int fd, off64_t size), (fd, size))

#define BY_PATH(name, parameters, dir, path, arguments) \
    int name parameters \
    { \
        char whole[PATH_MAX]; \
        REAL(name); \
        return fail_at && path_fails(#name, path_at(dir, path, whole)) ? -1 : real arguments; \
    }

BY_PATH(rename, (const char *from, const char *to), AT_FDCWD, to, (from, to))
BY_PATH(renameat, (int dir, const char *from, int to_dir, const char *to), to_dir, to, (dir, from, to_dir, to))
BY_PATH(link, (const char *from, const char *to), AT_FDCWD, to, (from, to))
BY_PATH(linkat, (int dir, const char *from, int to_dir, const char *to, int flags), to_dir, to,
        (dir, from, to_dir, to, flags))
BY_PATH(unlink, (const char *path), AT_FDCWD, path, (path))
BY_PATH(unlinkat, (int dir, const char *path, int flags), dir, path, (dir, path, flags))
BY_PATH(mkdir, (const char *path, mode_t mode), AT_FDCWD, path, (path, mode))
BY_PATH(mkdirat, (int dir, const char *path, mode_t mode), dir, path, (dir, path, mode))

/* Opening counts when it is for writing: reading is not what a full disk refuses. */
static int opening_fails(int dir, const char *path, int flags)
{
    char whole[PATH_MAX];
    return fail_at && (flags & (O_WRONLY | O_RDWR | O_CREAT)) && path_fails("open", path_at(dir, path, whole));
}

#define MODE(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list more; \
        va_start(more, last); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        MODE(flags, flags) \
        REAL(name); \
        return opening_fails(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode); \
    }

#define OPENAT(name) \
    int name(int dir, const char *path, int flags, ...) \
    { \
        MODE(flags, flags) \
        REAL(name); \
        return opening_fails(dir, path, flags) ? -1 : real(dir, path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
