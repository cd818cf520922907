/*
 * Preloaded into a program, makes the file system below one folder fail (see FaultyDisk.java): the n-th call of some
 * kinds returns an error, or the program dies in it. Needs no header of the C library, which a host with gcc may not have.
 *
 * FAULT_ROOT: the folder. FAULT_CONTROL: a file of ints that the test maps, too; the order is that of struct control.
 */
#include <stdarg.h>

typedef unsigned long size_t;
typedef long ssize_t;
struct iovec { void *base; size_t length; };

enum { RTLD_NEXT_ = -1, AT_FDCWD_ = -100, O_CREAT_ = 0100, F_DUPFD_CLOEXEC_ = 1030, SIGKILL_ = 9, O_RDWR_ = 2,
       PROT_READ_WRITE = 3, MAP_SHARED_ = 1, KINDS = 7, UNSYNCED = 512, LONGEST = 4096 };
enum kind { WRITE, FSYNC, RENAME, MKDIR, CREATE, SYMLINK, READ };
enum mode { ONCE, FROM_THEN_ON, KILL, POWER_CUT };

struct control { int kinds, left, error, mode, fired, seen[KINDS]; };

extern void *dlsym(void *handle, const char *name);
extern char *getenv(const char *name);
extern int *__errno_location(void);
extern ssize_t readlink(const char *path, char *target, size_t length);
extern int kill(int pid, int signal), getpid(void), close(int fd), fcntl(int fd, int command, ...);
extern int ftruncate(int fd, long length), snprintf(char *to, size_t length, const char *format, ...);
extern void *mmap(void *at, size_t length, int protection, int flags, int fd, long offset);
extern size_t strlen(const char *text);
extern int strncmp(const char *a, const char *b, size_t length), strcmp(const char *a, const char *b);
extern char *strcpy(char *to, const char *from);

#define REAL(name) ((__typeof__(&name)) next(&real_##name, #name))
#define DECLARE(result, name, ...) static void *real_##name; result name(__VA_ARGS__)

/* The C library's own. */
static void *next(void **function, const char *name) {
    if (!*function) {
        *function = dlsym((void *) (long) RTLD_NEXT_, name);
    }
    return *function;
}

DECLARE(ssize_t, write, int fd, const void *bytes, size_t length);
DECLARE(int, open, const char *path, int flags, ...);

static struct control *control;
static const char *root;
static int unsynced[UNSYNCED]; /* duplicates of descriptors whose files have bytes that no fsync made durable, plus 1 */
static int lock;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("FAULT_CONTROL");
    root = getenv("FAULT_ROOT");
    if (file && root) {
        int fd = REAL(open)(file, O_RDWR_);
        void *shared = fd < 0 ? (void *) -1 : mmap(0, sizeof *control, PROT_READ_WRITE, MAP_SHARED_, fd, 0);
        control = shared == (void *) -1 ? 0 : shared;
    }
}

static int below(const char *path) {
    size_t length = strlen(root);
    return !strncmp(path, root, length) && (path[length] == '/' || !path[length]);
}

/* Where a descriptor leads now, also after a rename; "" when it is no file. */
static const char *path_of(int fd, char *path) {
    char link[40];
    snprintf(link, sizeof link, fd == AT_FDCWD_ ? "/proc/self/cwd" : "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, LONGEST - 1);
    path[length < 0 ? 0 : length] = 0;
    return path;
}

static int fd_below(int fd) {
    char path[LONGEST];
    return control && below(path_of(fd, path));
}

static int at_below(int fd, const char *path) {
    return control && (path[0] == '/' ? below(path) : fd_below(fd));
}

/* An fsync forgets the file, a write keeps it once. */
static void note(int fd, int written) {
    char path[LONGEST], other[LONGEST];
    if (control->mode != POWER_CUT) {
        return;
    }
    path_of(fd, path);
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) { }
    int free = -1, found = 0;
    for (int i = 0; i < UNSYNCED; i++) {
        if (!unsynced[i]) {
            free = i;
        } else if (!strcmp(path_of(unsynced[i] - 1, other), path)) {
            found = 1;
            if (!written) {
                close(unsynced[i] - 1);
                unsynced[i] = 0;
            }
        }
    }
    if (written && !found && free >= 0) {
        unsynced[free] = fcntl(fd, F_DUPFD_CLOEXEC_, 3) + 1;
    }
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

/* As after a power cut: of what was written and not synced, the names are there and the bytes are not. */
static void cut(void) {
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) { }
    for (int i = 0; i < UNSYNCED; i++) {
        if (unsynced[i]) {
            ftruncate(unsynced[i] - 1, 0);
        }
    }
}

/* Whether this call is the one that fails; errno is set. */
static int fails(enum kind kind) {
    __atomic_add_fetch(&control->seen[kind], 1, __ATOMIC_SEQ_CST);
    if (!(control->kinds & 1 << kind)) {
        return 0;
    }
    int left = __atomic_sub_fetch(&control->left, 1, __ATOMIC_SEQ_CST);
    if (left > 0 || left < 0 && control->mode != FROM_THEN_ON) {
        return 0;
    }
    __atomic_add_fetch(&control->fired, 1, __ATOMIC_SEQ_CST);
    if (control->mode == POWER_CUT) {
        cut();
    }
    if (control->mode >= KILL) {
        kill(getpid(), SIGKILL_);
    }
    *__errno_location() = control->error;
    return 1;
}

/* A write that is to end the program writes its first half. */
static int write_fails(int fd, const void *bytes, size_t length) {
    if (!fd_below(fd)) {
        return 0;
    }
    note(fd, 1);
    if (control->kinds & 1 << WRITE && control->left == 1 && control->mode >= KILL && bytes) {
        REAL(write)(fd, bytes, length / 2);
    }
    return fails(WRITE);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    return write_fails(fd, bytes, length) ? -1 : REAL(write)(fd, bytes, length);
}

#define POSITIONED(name) \
    DECLARE(ssize_t, name, int fd, const void *bytes, size_t length, long at); \
    ssize_t name(int fd, const void *bytes, size_t length, long at) { \
        return write_fails(fd, 0, 0) ? -1 : REAL(name)(fd, bytes, length, at); \
    }
POSITIONED(pwrite)
POSITIONED(pwrite64)

DECLARE(ssize_t, writev, int fd, const struct iovec *parts, int count);
ssize_t writev(int fd, const struct iovec *parts, int count) {
    return write_fails(fd, 0, 0) ? -1 : REAL(writev)(fd, parts, count);
}

DECLARE(ssize_t, read, int fd, void *to, size_t length);
ssize_t read(int fd, void *to, size_t length) {
    return fd_below(fd) && fails(READ) ? -1 : REAL(read)(fd, to, length);
}

#define POSITIONED_READ(name) \
    DECLARE(ssize_t, name, int fd, void *to, size_t length, long at); \
    ssize_t name(int fd, void *to, size_t length, long at) { \
        return fd_below(fd) && fails(READ) ? -1 : REAL(name)(fd, to, length, at); \
    }
POSITIONED_READ(pread)
POSITIONED_READ(pread64)

#define SEND(name) \
    DECLARE(ssize_t, name, int to, int from, long *at, size_t length); \
    ssize_t name(int to, int from, long *at, size_t length) { \
        return fd_below(from) && fails(READ) ? -1 : REAL(name)(to, from, at, length); \
    }
SEND(sendfile)
SEND(sendfile64)

#define SYNC(name) \
    DECLARE(int, name, int fd); \
    int name(int fd) { \
        if (!fd_below(fd)) { \
            return REAL(name)(fd); \
        } \
        if (fails(FSYNC)) { \
            return -1; \
        } \
        note(fd, 0); \
        return REAL(name)(fd); \
    }
SYNC(fsync)
SYNC(fdatasync)

DECLARE(int, rename, const char *from, const char *to);
int rename(const char *from, const char *to) {
    return at_below(AT_FDCWD_, to) && fails(RENAME) ? -1 : REAL(rename)(from, to);
}

DECLARE(int, renameat, int fd, const char *from, int other, const char *to);
int renameat(int fd, const char *from, int other, const char *to) {
    return at_below(other, to) && fails(RENAME) ? -1 : REAL(renameat)(fd, from, other, to);
}

DECLARE(int, renameat2, int fd, const char *from, int other, const char *to, unsigned flags);
int renameat2(int fd, const char *from, int other, const char *to, unsigned flags) {
    return at_below(other, to) && fails(RENAME) ? -1 : REAL(renameat2)(fd, from, other, to, flags);
}

DECLARE(int, mkdir, const char *path, unsigned mode);
int mkdir(const char *path, unsigned mode) {
    return at_below(AT_FDCWD_, path) && fails(MKDIR) ? -1 : REAL(mkdir)(path, mode);
}

DECLARE(int, symlink, const char *target, const char *path);
int symlink(const char *target, const char *path) {
    return at_below(AT_FDCWD_, path) && fails(SYMLINK) ? -1 : REAL(symlink)(target, path);
}

static unsigned mode_of(int flags, va_list rest) {
    return flags & O_CREAT_ ? va_arg(rest, unsigned) : 0;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        unsigned mode = mode_of(flags, rest); \
        va_end(rest); \
        return flags & O_CREAT_ && at_below(AT_FDCWD_, path) && fails(CREATE) ? -1 : REAL(name)(path, flags, mode); \
    }
DECLARE(int, open64, const char *path, int flags, ...);
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    DECLARE(int, name, int fd, const char *path, int flags, ...); \
    int name(int fd, const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        unsigned mode = mode_of(flags, rest); \
        va_end(rest); \
        return flags & O_CREAT_ && at_below(fd, path) && fails(CREATE) ? -1 : REAL(name)(fd, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)
