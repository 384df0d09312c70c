/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that take paths: each is resolved beneath the directory of its descriptor. */
#include "host/preview1.h"
#include <errno.h>
#include <fcntl.h>

enum { SYMLINK_FOLLOW = 1 << 0 }; /* lookupflags */

/* A directory and a path relative to it. */
typedef struct place {
    host_descriptor *dir;
    pirn_str path;
} place;

/* The descriptor is argument `fd`; the path's address and length are arguments `path` and the next. */
static int get_place(host_p1_call *call, uint32_t rights, size_t fd, size_t path, place *out)
{
    int failure = host_p1_fd_dir(call->guest, host_p1_u32(call, fd), rights, &out->dir);
    return failure != 0 ? failure : host_p1_text(call, path, &out->path);
}

static int get_follow(const host_p1_call *call, size_t index, bool *follow)
{
    uint32_t flags = host_p1_u32(call, index);
    *follow = (flags & SYMLINK_FOLLOW) != 0;
    return (flags & ~(uint32_t)SYMLINK_FOLLOW) != 0 ? EINVAL : 0;
}

/* ---- Opening --------------------------------------------------------------------------------------------------- */

enum { CREAT = 1 << 0, DIRECTORY = 1 << 1, EXCL = 1 << 2, TRUNC = 1 << 3, OFLAGS = (1 << 4) - 1 }; /* oflags */

/* What of the directory's rights an opening uses. */
static uint32_t rights_to_open(uint32_t oflags)
{
    return HOST_P1_PATH_OPEN | ((oflags & CREAT) ? HOST_P1_PATH_CREATE_FILE : 0) |
           ((oflags & TRUNC) ? HOST_P1_PATH_FILESTAT_SET_SIZE : 0);
}

static host_open_how how_to_open(uint32_t oflags, uint32_t fdflags, uint64_t rights, bool follow)
{
    return (host_open_how){
        .read = (rights & HOST_P1_FD_READ) != 0,
        .write = (rights & HOST_P1_FD_WRITE) != 0,
        .create = (oflags & CREAT) != 0,
        .exclusive = (oflags & EXCL) != 0,
        .truncate = (oflags & TRUNC) != 0,
        .directory = (oflags & DIRECTORY) != 0,
        .follow = follow,
        .sync = (fdflags & (HOST_P1_SYNC | HOST_P1_RSYNC)) ? O_SYNC
                : (fdflags & HOST_P1_DSYNC)                ? O_DSYNC
                                                           : 0,
    };
}

/* Every right that the directory passes on, but reading and writing only if they were asked for. */
static uint32_t rights_of_opened(uint64_t asked, uint32_t inheriting)
{
    uint32_t transfer = HOST_P1_FD_READ | HOST_P1_FD_WRITE;
    return inheriting & (~transfer | (uint32_t)(asked & transfer));
}

/* fd, lookupflags, path, length, oflags, rights, inheriting, fdflags, *fd */
int host_p1_path_open(host_p1_call *call)
{
    uint32_t oflags = host_p1_u32(call, 4), fdflags = host_p1_u32(call, 7), fd;
    uint64_t rights = host_p1_u64(call, 5);
    bool follow;
    host_p1_fd *dir;
    pirn_str path;
    host_descriptor *file;
    int failure = host_p1_fd_get(call->guest, host_p1_u32(call, 0), rights_to_open(oflags), &dir);
    if (failure == 0)
        failure = get_follow(call, 1, &follow);
    if (failure == 0)
        failure = host_p1_text(call, 2, &path);
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 8), 4);
    if (failure != 0)
        return failure;
    if (out == NULL)
        return EFAULT;
    if ((oflags & ~(uint32_t)OFLAGS) != 0 || (fdflags & ~(uint32_t)HOST_P1_FDFLAGS) != 0)
        return EINVAL;
    uint32_t inheriting = dir->inheriting;
    host_open_how how = how_to_open(oflags, fdflags, rights & inheriting, follow);
    failure = host_descriptor_open_at(call->context, dir->file, path, &how, &file);
    if (failure != 0)
        return failure;
    host_p1_fd *opened =
        host_p1_fd_new(call->context, file, (uint16_t)fdflags, rights_of_opened(rights, inheriting), inheriting);
    failure = opened != NULL ? host_p1_fd_add(call->guest, opened, &fd) : ENOMEM;
    if (failure == 0)
        base_store_u32(out, fd);
    return failure;
}

/* ---- One path -------------------------------------------------------------------------------------------------- */

/* fd, path, length */
int host_p1_path_create_directory(host_p1_call *call)
{
    place at;
    int failure = get_place(call, HOST_P1_PATH_CREATE_DIRECTORY, 0, 1, &at);
    return failure != 0 ? failure : host_descriptor_create_directory_at(at.dir, at.path);
}

/* fd, path, length */
int host_p1_path_remove_directory(host_p1_call *call)
{
    place at;
    int failure = get_place(call, HOST_P1_PATH_REMOVE_DIRECTORY, 0, 1, &at);
    return failure != 0 ? failure : host_descriptor_remove_directory_at(at.dir, at.path);
}

/* fd, path, length */
int host_p1_path_unlink_file(host_p1_call *call)
{
    place at;
    int failure = get_place(call, HOST_P1_PATH_UNLINK_FILE, 0, 1, &at);
    return failure != 0 ? failure : host_descriptor_unlink_file_at(at.dir, at.path);
}

/* fd, lookupflags, path, length, *filestat */
int host_p1_path_filestat_get(host_p1_call *call)
{
    enum { FILESTAT_SIZE = 64 };
    place at;
    bool follow;
    struct stat info;
    int failure = get_place(call, HOST_P1_PATH_FILESTAT_GET, 0, 2, &at);
    if (failure == 0)
        failure = get_follow(call, 1, &follow);
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 4), FILESTAT_SIZE);
    if (failure != 0)
        return failure;
    if (out == NULL)
        return EFAULT;
    failure = host_descriptor_stat_at(at.dir, at.path, follow, &info);
    if (failure == 0)
        host_p1_store_filestat(out, &info);
    return failure;
}

/* fd, lookupflags, path, length, atime, mtime, fstflags */
int host_p1_path_filestat_set_times(host_p1_call *call)
{
    place at;
    bool follow;
    struct timespec times[2];
    int failure = get_place(call, HOST_P1_PATH_FILESTAT_SET_TIMES, 0, 2, &at);
    if (failure == 0)
        failure = get_follow(call, 1, &follow);
    if (failure == 0)
        failure = host_p1_times(host_p1_u64(call, 4), host_p1_u64(call, 5), host_p1_u32(call, 6), times);
    return failure != 0 ? failure : host_descriptor_set_times_at(at.dir, at.path, follow, times);
}

/* fd, path, length, buffer, size, *used. A target that is longer than the buffer is cut off. */
int host_p1_path_readlink(host_p1_call *call)
{
    char target[HOST_PATH_MAX + 1];
    place at;
    size_t len;
    uint32_t size = host_p1_u32(call, 4);
    int failure = get_place(call, HOST_P1_PATH_READLINK, 0, 1, &at);
    uint8_t *buffer = host_p1_bytes(call, host_p1_u32(call, 3), size);
    uint8_t *used = host_p1_bytes(call, host_p1_u32(call, 5), 4);
    if (failure != 0)
        return failure;
    if (buffer == NULL || used == NULL)
        return EFAULT;
    failure = host_descriptor_readlink_at(at.dir, at.path, target, &len);
    if (failure != 0)
        return failure;
    size_t count = len < size ? len : size;
    memcpy(buffer, target, count);
    base_store_u32(used, (uint32_t)count);
    return 0;
}

/* ---- Two paths ------------------------------------------------------------------------------------------------- */

/* fd, lookupflags, path, length, new fd, new path, length */
int host_p1_path_link(host_p1_call *call)
{
    place from, to;
    bool follow;
    int failure = get_place(call, HOST_P1_PATH_LINK_SOURCE, 0, 2, &from);
    if (failure == 0)
        failure = get_place(call, HOST_P1_PATH_LINK_TARGET, 4, 5, &to);
    if (failure == 0)
        failure = get_follow(call, 1, &follow);
    if (failure != 0)
        return failure;
    /* The system could not follow a link and stay beneath the directory. */
    return follow ? EINVAL : host_descriptor_link_at(from.dir, from.path, to.dir, to.path);
}

/* fd, path, length, new fd, new path, length */
int host_p1_path_rename(host_p1_call *call)
{
    place from, to;
    int failure = get_place(call, HOST_P1_PATH_RENAME_SOURCE, 0, 1, &from);
    if (failure == 0)
        failure = get_place(call, HOST_P1_PATH_RENAME_TARGET, 3, 4, &to);
    return failure != 0 ? failure : host_descriptor_rename_at(from.dir, from.path, to.dir, to.path);
}

/* target, length, fd, path, length */
int host_p1_path_symlink(host_p1_call *call)
{
    place at;
    pirn_str target;
    int failure = get_place(call, HOST_P1_PATH_SYMLINK, 2, 3, &at);
    if (failure == 0)
        failure = host_p1_text(call, 0, &target);
    return failure != 0 ? failure : host_descriptor_symlink_at(at.dir, target, at.path);
}
