/* Stands between a process and the file system: counts the calls that change anything under one directory, lets the Nth of
   them fail or be the last, and logs what was done, so that the same can be lost again.

   Loaded with LD_PRELOAD into the process that forks the trials, and asleep there; a trial arms it after the fork:

       crash_arm(directory, at, mode, error, calls, log)
           at     the first call that is meddled with, counted from 1; 0: none
           mode   KILL_BEFORE, KILL_AFTER, KILL_SHORT (half of what is written, then dead), FAIL_ONCE, FAIL_EVER,
                  FAIL_SHORT (half is written, all that follows fails)
           error  errno of a call that fails
           calls  bits of `enum call`: those that fail; others are counted only
           log    descriptor to log to; -1: none
       crash_disarm()        gives the number of calls counted
       crash_mark(text)      puts a line of the trial's own into the log

   A line of the log is "number TAB call TAB inode TAB offset TAB length TAB path TAB other path LF", after a write followed by the
   bytes written. Calls that failed are counted, but not logged. What libc writes by itself (stdio) doesn't come through here: the simulation
   that reads the log compares its result with the disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { NONE, KILL_BEFORE, KILL_AFTER, KILL_SHORT, FAIL_ONCE, FAIL_EVER, FAIL_SHORT };
enum call { OPEN = 1, WRITE = 2, RENAME = 4, LINK = 8, UNLINK = 16, MKDIR = 32, RMDIR = 64, SYNC = 128, TRUNCATE = 256, CHANGE = 512 };

#define PATHS 4096
static char watched[PATHS];
static size_t watched_length;
static long at, counted;
static int mode, error_number, failing, log_descriptor = -1, armed;
static char tracked[65536]; /* descriptors open for writing under the directory */

#define REAL(result, name, ...) \
    static result (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

void crash_arm(const char *directory, long at_call, int how, int error, int calls, int log) {
    strncpy(watched, directory, PATHS - 1);
    watched_length = strlen(watched);
    at = at_call; mode = how; error_number = error; failing = calls; log_descriptor = log; counted = 0;
    memset(tracked, 0, sizeof tracked);
    armed = 1;
}

long crash_disarm(void) { armed = 0; return counted; }

static void put(const char *bytes, size_t length) {
    while (length) {
        ssize_t done = syscall(SYS_write, log_descriptor, bytes, length);
        if (done <= 0) syscall(SYS_exit_group, 99);
        bytes += done; length -= (size_t)done;
    }
}

static void note(const char *call, unsigned long inode, long offset, long length, const char *path, const char *other) {
    if (log_descriptor < 0) return;
    char line[3 * PATHS];
    int size = snprintf(line, sizeof line, "%ld\t%s\t%lu\t%ld\t%ld\t%s\t%s\n", counted, call, inode, offset, length, path, other);
    put(line, (size_t)size);
}

void crash_mark(const char *text) { if (armed) note("mark", 0, 0, 0, text, ""); }

static void die(void) { syscall(SYS_kill, syscall(SYS_getpid), SIGKILL); for (;;) pause(); }

/* Whether a path, of a directory's descriptor, lies under what is watched; `full` gets it. */
static int resolve(int directory, const char *path, char *full) {
    if (!armed || !path) return 0;
    if (path[0] == '/') snprintf(full, PATHS, "%s", path);
    else {
        char base[PATHS] = "";
        if (directory == AT_FDCWD) { if (!getcwd(base, sizeof base)) return 0; }
        else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
            ssize_t length = readlink(link, base, sizeof base - 1);
            if (length <= 0) return 0;
            base[length] = 0;
        }
        if (snprintf(full, PATHS, "%s/%s", base, path) >= PATHS) return 0;
    }
    return !strncmp(full, watched, watched_length) && (full[watched_length] == '/' || !full[watched_length]);
}

static int resolve_descriptor(int descriptor, char *full) {
    char link[64];
    if (!armed) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, full, PATHS - 1);
    if (length <= 0) return 0;
    full[length] = 0;
    return !strncmp(full, watched, watched_length) && (full[watched_length] == '/' || !full[watched_length]);
}

/* Counts a call. 0: do it; 1: do it, then die; 2: half, then die; 3: half, later ones fail; -1: fail. */
static int meet(int call) {
    counted++;
    if (!at || counted < at) return 0;
    if (mode >= FAIL_ONCE && !(failing & call)) return 0;
    if (mode == FAIL_EVER || (counted == at && mode == FAIL_ONCE) || (counted > at && mode == FAIL_SHORT)) { errno = error_number; return -1; }
    if (counted != at) return 0;
    if (mode == KILL_BEFORE) die();
    if (mode == KILL_AFTER) return 1;
    if (mode == KILL_SHORT) return 2;
    if (mode == FAIL_SHORT) { if (call == WRITE) return 3; errno = error_number; return -1; }
    return 0;
}

static unsigned long inode_at(const char *path) { struct stat status; return lstat(path, &status) ? 0 : status.st_ino; }
static unsigned long inode_of(int descriptor) { struct stat status; return fstat(descriptor, &status) ? 0 : status.st_ino; }

#define AFTER(fate) do { if ((fate) > 0 && (fate) < 3) die(); } while (0)

typedef int (*opener)(int, const char *, int, ...);
static int opened(opener real, int directory, const char *path, int flags, mode_t permissions) {
    char full[PATHS];
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    if (!writes || !resolve(directory, path, full)) return real(directory, path, flags, permissions);
    int fate = 0, changes = flags & (O_CREAT | O_TRUNC);
    if (changes) fate = meet(OPEN);
    if (fate < 0) return -1;
    int is_new = !inode_at(full), descriptor = real(directory, path, flags, permissions), kept = errno;
    if (descriptor >= 0 && descriptor < (int)sizeof tracked) tracked[descriptor] = 1;
    if (descriptor >= 0 && changes) note(is_new ? "create" : flags & O_TRUNC ? "empty" : "open", inode_of(descriptor), 0, 0, full, "");
    AFTER(fate);
    errno = kept;
    return descriptor;
}

#define OPENER(name, at_name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t permissions = va_arg(rest, mode_t); va_end(rest); \
        REAL(int, at_name, int, const char *, int, ...); \
        return opened(real_##at_name, AT_FDCWD, path, flags, permissions); } \
    int at_name(int directory, const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); mode_t permissions = va_arg(rest, mode_t); va_end(rest); \
        REAL(int, at_name, int, const char *, int, ...); \
        return opened(real_##at_name, directory, path, flags, permissions); }
OPENER(open, openat)
OPENER(open64, openat64)

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < (int)sizeof tracked) tracked[descriptor] = 0;
    REAL(int, close, int);
    return real_close(descriptor);
}

static int follows(int descriptor, char *full) {
    return armed && descriptor >= 0 && descriptor < (int)sizeof tracked && tracked[descriptor] && resolve_descriptor(descriptor, full);
}

/* Where a write without an offset will put its bytes. */
static long place(int descriptor) {
    if (fcntl(descriptor, F_GETFL) & O_APPEND) { struct stat status; return fstat(descriptor, &status) ? 0 : status.st_size; }
    return lseek(descriptor, 0, SEEK_CUR);
}

static ssize_t written(int descriptor, const void *bytes, size_t size, long offset, ssize_t (*real)(int, const void *, size_t, off_t)) {
    char full[PATHS];
    REAL(ssize_t, write, int, const void *, size_t);
    if (!follows(descriptor, full)) return real ? real(descriptor, bytes, size, offset) : real_write(descriptor, bytes, size);
    int fate = meet(WRITE);
    if (fate < 0) return -1;
    if (fate >= 2) size /= 2;
    long where = real ? offset : place(descriptor);
    ssize_t done = real ? real(descriptor, bytes, size, offset) : real_write(descriptor, bytes, size);
    int kept = errno;
    if (done > 0) { note("write", inode_of(descriptor), where, done, full, ""); if (log_descriptor >= 0) put(bytes, (size_t)done); }
    AFTER(fate);
    if (fate == 3 && !done) { errno = error_number; return -1; }
    errno = kept;
    return done;
}

ssize_t write(int descriptor, const void *bytes, size_t size) { return written(descriptor, bytes, size, 0, NULL); }
ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    return written(descriptor, bytes, size, offset, real_pwrite); }
ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
    return written(descriptor, bytes, size, offset, real_pwrite64); }
ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    char full[PATHS];
    REAL(ssize_t, writev, int, const struct iovec *, int);
    if (!follows(descriptor, full)) return real_writev(descriptor, parts, count);
    ssize_t all = 0; /* one after the other: a call that writes part of it may do so at any time */
    for (int part = 0; part < count; part++) {
        ssize_t done = write(descriptor, parts[part].iov_base, parts[part].iov_len);
        if (done < 0) return all ? all : -1;
        all += done;
        if (done < (ssize_t)parts[part].iov_len) break;
    }
    return all;
}
/* Copies made by the kernel would not be logged: who asks is told to read and write. */
ssize_t sendfile(int out, int in, off_t *offset, size_t count) {
    char full[PATHS];
    REAL(ssize_t, sendfile, int, int, off_t *, size_t);
    if (follows(out, full)) { errno = ENOTSOCK; return -1; }
    return real_sendfile(out, in, offset, count); }
ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) { return sendfile(out, in, (off_t *)offset, count); }
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t count, unsigned flags) {
    char full[PATHS];
    REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);
    if (follows(out, full)) { errno = EXDEV; return -1; }
    return real_copy_file_range(in, from, out, to, count, flags); }

static int truncated(int descriptor, off_t size, int (*real)(int, off_t)) {
    char full[PATHS];
    struct stat status;
    if (!follows(descriptor, full)) return real(descriptor, size);
    if (!fstat(descriptor, &status) && status.st_size == size) return real(descriptor, size); /* changes nothing */
    int fate = meet(TRUNCATE);
    if (fate < 0) return -1;
    int result = real(descriptor, size);
    if (!result) note("truncate", inode_of(descriptor), size, 0, full, "");
    AFTER(fate);
    return result;
}
int ftruncate(int descriptor, off_t size) { REAL(int, ftruncate, int, off_t); return truncated(descriptor, size, real_ftruncate); }
int ftruncate64(int descriptor, off64_t size) { REAL(int, ftruncate64, int, off_t); return truncated(descriptor, size, real_ftruncate64); }

static int synced(int descriptor, int (*real)(int)) {
    char full[PATHS];
    if (!resolve_descriptor(descriptor, full)) return real(descriptor);
    int fate = meet(SYNC);
    if (fate < 0) return -1;
    int result = real(descriptor);
    if (!result) note("sync", inode_of(descriptor), 0, 0, full, "");
    AFTER(fate);
    return result;
}
int fsync(int descriptor) { REAL(int, fsync, int); return synced(descriptor, real_fsync); }
int fdatasync(int descriptor) { REAL(int, fdatasync, int); return synced(descriptor, real_fdatasync); }

/* Calls with one path. */
#define ONE(call, name, word, parameters, arguments, ...) \
    int name parameters { \
        char full[PATHS]; \
        REAL(int, name, __VA_ARGS__); \
        if (!resolve(directory, path, full)) return real_##name arguments; \
        int fate = meet(call); \
        if (fate < 0) return -1; \
        unsigned long inode = inode_at(full); \
        int result = real_##name arguments; \
        if (!result) note(word, inode ? inode : inode_at(full), 0, 0, full, ""); \
        AFTER(fate); \
        return result; }
#define directory AT_FDCWD
ONE(UNLINK, unlink, "unlink", (const char *path), (path), const char *)
ONE(RMDIR, rmdir, "unlink", (const char *path), (path), const char *)
ONE(MKDIR, mkdir, "mkdir", (const char *path, mode_t permissions), (path, permissions), const char *, mode_t)
ONE(CHANGE, chmod, "change", (const char *path, mode_t permissions), (path, permissions), const char *, mode_t)
#undef directory
ONE(UNLINK, unlinkat, "unlink", (int directory, const char *path, int flags), (directory, path, flags), int, const char *, int)
ONE(MKDIR, mkdirat, "mkdir", (int directory, const char *path, mode_t permissions), (directory, path, permissions), int, const char *, mode_t)
ONE(CHANGE, fchmodat, "change", (int directory, const char *path, mode_t permissions, int flags), (directory, path, permissions, flags), int, const char *, mode_t, int)
ONE(CHANGE, utimensat, "change", (int directory, const char *path, const struct timespec times[2], int flags), (directory, path, times, flags), int, const char *, const struct timespec [2], int)

int fchmod(int descriptor, mode_t permissions) {
    char full[PATHS];
    REAL(int, fchmod, int, mode_t);
    if (!resolve_descriptor(descriptor, full)) return real_fchmod(descriptor, permissions);
    int fate = meet(CHANGE);
    if (fate < 0) return -1;
    int result = real_fchmod(descriptor, permissions);
    AFTER(fate);
    return result;
}

/* Calls with two. */
typedef int (*mover)(int, const char *, int, const char *, int);
static int moved(int call, const char *word, mover real, int from, const char *old, int to, const char *new, int flags) {
    char full[PATHS], other[PATHS];
    int first = resolve(from, old, full), second = resolve(to, new, other);
    if (!first && !second) return real(from, old, to, new, flags);
    int fate = meet(call);
    if (fate < 0) return -1;
    unsigned long inode = inode_at(full);
    int result = real(from, old, to, new, flags);
    if (!result) note(word, inode, 0, 0, full, other);
    AFTER(fate);
    return result;
}
static int rename_really(int from, const char *old, int to, const char *new, int flags) {
    return (int)syscall(SYS_renameat2, from, old, to, new, flags); }
static int link_really(int from, const char *old, int to, const char *new, int flags) {
    return (int)syscall(SYS_linkat, from, old, to, new, flags); }
int rename(const char *old, const char *new) { return moved(RENAME, "rename", rename_really, AT_FDCWD, old, AT_FDCWD, new, 0); }
int renameat(int from, const char *old, int to, const char *new) { return moved(RENAME, "rename", rename_really, from, old, to, new, 0); }
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    return moved(RENAME, "rename", rename_really, from, old, to, new, (int)flags); }
int link(const char *old, const char *new) { return moved(LINK, "link", link_really, AT_FDCWD, old, AT_FDCWD, new, 0); }
int linkat(int from, const char *old, int to, const char *new, int flags) { return moved(LINK, "link", link_really, from, old, to, new, flags); }
