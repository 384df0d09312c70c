/* SPDX-License-Identifier: Apache-2.0 */
/* See sandbox.h. */
#include "host/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MAX_DEPTH = 128, /* directories held open on the way */
    MAX_LINKS = 40,  /* symbolic links followed, as Linux does */
    MAX_TRIES = 100, /* of an opening that others disturb */
    WALK_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
};

/* Checks what guests may not say at all, and makes a C string. */
static int copy_path(pirn_str path, char out[HOST_PATH_MAX + 1])
{
    if (path.len == 0)
        return ENOENT;
    if (path.len > HOST_PATH_MAX)
        return ENAMETOOLONG;
    if (memchr(path.data, '\0', path.len) != NULL)
        return EILSEQ;
    if (path.data[0] == '/')
        return EPERM;
    memcpy(out, path.data, path.len);
    out[path.len] = '\0';
    return 0;
}

/* ---- The walk -------------------------------------------------------------------------------------------------- */

typedef struct walk {
    int dirs[MAX_DEPTH]; /* dirs[0] is the caller's; the others are on the way to where we are */
    size_t depth;        /* of dirs in use, at least 1 */
    int links;
    char rest[2 * HOST_PATH_MAX +
              2]; /* names still to go: what is left of the path, links replaced by their targets */
} walk;

static int here(const walk *w)
{
    return w->dirs[w->depth - 1];
}

static void leave_all(walk *w)
{
    while (w->depth > 1)
        close(w->dirs[--w->depth]);
}

static int step_back(walk *w)
{
    if (w->depth == 1)
        return EPERM;
    close(w->dirs[--w->depth]);
    return 0;
}

static int step_into(walk *w, const char *name)
{
    if (w->depth == MAX_DEPTH)
        return ELOOP;
    int fd = openat(here(w), name, WALK_FLAGS);
    if (fd < 0)
        return errno;
    w->dirs[w->depth++] = fd;
    return 0;
}

/* Takes the first name off `rest`. *is_last: no further name follows, though a slash may (*slash). */
static void take_name(walk *w, char name[HOST_PATH_MAX + 1], bool *is_last, bool *slash)
{
    size_t len = strcspn(w->rest, "/"), next = len;
    memcpy(name, w->rest, len);
    name[len] = '\0';
    while (w->rest[next] == '/')
        next++;
    *slash = next > len;
    *is_last = w->rest[next] == '\0';
    memmove(w->rest, w->rest + next, strlen(w->rest + next) + 1);
}

/* Puts a link's target before what is left. */
static int follow_link(walk *w, const char *name, bool slash)
{
    char target[HOST_PATH_MAX + 1];
    ssize_t len = readlinkat(here(w), name, target, HOST_PATH_MAX);
    if (len < 0)
        return errno;
    if (++w->links > MAX_LINKS)
        return ELOOP;
    if (len == 0)
        return ENOENT;
    if (target[0] == '/')
        return EPERM;
    size_t rest = strlen(w->rest);
    if ((size_t)len + 1 + rest > HOST_PATH_MAX)
        return ENAMETOOLONG;
    memmove(w->rest + len + slash, w->rest, rest + 1);
    if (slash)
        w->rest[len] = '/';
    memcpy(w->rest, target, (size_t)len);
    return 0;
}

/* Is the entry a symbolic link? An entry that is not there is none. */
static bool is_link(int dir, const char *name)
{
    struct stat info;
    return fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
}

/* Opens the last name without following it: what changed into a link meanwhile is ELOOP, and looked at again. */
static int open_last(walk *w, const char *name, int flags, mode_t mode, int *fd)
{
    *fd = openat(here(w), name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    return *fd < 0 ? errno : 0;
}

static int walk_on(walk *w, int flags, mode_t mode, int *fd)
{
    for (;;) {
        char name[HOST_PATH_MAX + 1];
        bool is_last, slash;
        take_name(w, name, &is_last, &slash);
        int failure = 0;
        if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
            if (name[0] == '.' && name[1] == '.')
                failure = step_back(w);
            if (failure == 0 && is_last)
                return open_last(w, ".", flags, mode, fd);
        } else if (is_link(here(w), name) && !(is_last && !slash && (flags & O_NOFOLLOW))) {
            failure = (flags & O_CREAT) && (flags & O_EXCL) && is_last ? EEXIST : follow_link(w, name, slash);
        } else if (is_last) {
            return open_last(w, name, slash ? flags | O_DIRECTORY : flags, mode, fd);
        } else {
            failure = step_into(w, name);
        }
        if (failure != 0)
            return failure;
    }
}

int host_sandbox_walk(int dir, pirn_str path, int flags, mode_t mode, int *fd)
{
    walk w = {.dirs = {dir}, .depth = 1};
    int failure = copy_path(path, w.rest);
    if (failure == 0)
        failure = walk_on(&w, flags, mode, fd);
    leave_all(&w);
    return failure;
}

/* ---- The kernel's way ------------------------------------------------------------------------------------------ */

int host_sandbox_open(int dir, pirn_str path, int flags, mode_t mode, int *fd)
{
    char name[HOST_PATH_MAX + 1];
    int failure = copy_path(path, name);
    if (failure != 0)
        return failure;
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .mode = (flags & O_CREAT) ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    /* EAGAIN: something was renamed while the kernel looked at `..`, so that it could not be sure; or a lease is held. */
    long result = -1;
    for (int tries = 0; result < 0 && tries < MAX_TRIES; tries++) {
        result = syscall(SYS_openat2, dir, name, &how, sizeof how);
        if (result < 0 && errno != EAGAIN && errno != EINTR)
            break;
    }
    if (result >= 0) {
        *fd = (int)result;
        return 0;
    }
    if (errno == ENOSYS)
        return host_sandbox_walk(dir, path, flags, mode, fd);
    return errno == EXDEV ? EPERM : errno;
}

int host_sandbox_parent(int dir, pirn_str path, int *parent, char name[HOST_ENTRY_NAME_MAX + 1],
                        bool *wants_directory)
{
    size_t end = path.len, start;
    while (end > 1 && path.data[end - 1] == '/')
        end--;
    *wants_directory = end < path.len;
    for (start = end; start > 0 && path.data[start - 1] != '/';)
        start--;
    size_t len = end - start;
    if (path.len == 0)
        return ENOENT;
    if (path.data[0] == '/')
        return EPERM;
    if (len > HOST_ENTRY_NAME_MAX)
        return ENAMETOOLONG;
    memcpy(name, path.data + start, len);
    name[len] = '\0';
    if (memchr(name, '\0', len) != NULL)
        return EILSEQ;
    if (strcmp(name, ".") == 0)
        return EINVAL;
    if (strcmp(name, "..") == 0)
        return EPERM;
    pirn_str directory = start > 0 ? (pirn_str){path.data, start} : PIRN_STR(".");
    return host_sandbox_open(dir, directory, O_PATH | O_DIRECTORY, 0, parent);
}
