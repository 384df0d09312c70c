/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked of, and done to, a descriptor, besides reading and writing. */
#include "host/preview1.h"
#include <errno.h>
#include <fcntl.h>

enum { FDSTAT_SIZE = 24, FILESTAT_SIZE = 64, PRESTAT_SIZE = 8 };

/* The descriptor of argument 0. */
static int get(host_p1_call *call, uint32_t rights, host_p1_fd **out)
{
    return host_p1_fd_get(call->guest, host_p1_u32(call, 0), rights, out);
}

static int get_file(host_p1_call *call, uint32_t rights, host_descriptor **out)
{
    host_p1_fd *entry;
    int failure = get(call, rights, &entry);
    if (failure == 0)
        *out = entry->file;
    return failure == 0 && entry->file == NULL ? EINVAL : failure;
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

int host_p1_fd_close(host_p1_call *call)
{
    host_p1_fd *entry = host_p1_fd_remove(call->guest, host_p1_u32(call, 0));
    if (entry == NULL)
        return EBADF;
    host_object_unref(&entry->object);
    return 0;
}

/* from, to */
int host_p1_fd_renumber(host_p1_call *call)
{
    return host_p1_fd_move(call->guest, host_p1_u32(call, 0), host_p1_u32(call, 1));
}

static int get_preopen(host_p1_call *call, pirn_str *name)
{
    host_p1_fd *entry;
    int failure = get(call, 0, &entry);
    if (failure != 0)
        return failure;
    *name = entry->preopen;
    return name->data != NULL ? 0 : EBADF;
}

/* fd, *prestat: tag 0 (a directory), length of its name */
int host_p1_fd_prestat_get(host_p1_call *call)
{
    pirn_str name;
    int failure = get_preopen(call, &name);
    if (failure != 0)
        return failure;
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 1), PRESTAT_SIZE);
    if (out == NULL)
        return EFAULT;
    base_store_u32(out, 0);
    base_store_u32(out + 4, (uint32_t)name.len);
    return 0;
}

/* fd, buffer, size */
int host_p1_fd_prestat_dir_name(host_p1_call *call)
{
    pirn_str name;
    uint32_t size = host_p1_u32(call, 2);
    int failure = get_preopen(call, &name);
    if (failure != 0)
        return failure;
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 1), size);
    if (out == NULL)
        return EFAULT;
    if (size < name.len)
        return ENAMETOOLONG;
    memcpy(out, name.data, name.len);
    return 0;
}

/* ---- Flags and rights ------------------------------------------------------------------------------------------ */

static host_p1_filetype filetype(const host_p1_fd *entry)
{
    if (entry->file != NULL)
        return host_p1_filetype_of(entry->file->type);
    return entry->is_terminal ? HOST_P1_CHARACTER_DEVICE : HOST_P1_UNKNOWN;
}

/* fd, *fdstat */
int host_p1_fd_fdstat_get(host_p1_call *call)
{
    host_p1_fd *entry;
    int failure = get(call, 0, &entry);
    if (failure != 0)
        return failure;
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 1), FDSTAT_SIZE);
    if (out == NULL)
        return EFAULT;
    memset(out, 0, FDSTAT_SIZE);
    out[0] = (uint8_t)filetype(entry);
    base_store_u16(out + 2, entry->flags);
    base_store_u64(out + 8, entry->rights);
    base_store_u64(out + 16, entry->inheriting);
    return 0;
}

/* fd, fdflags. How writes are synchronised is settled when a file is opened. */
int host_p1_fd_fdstat_set_flags(host_p1_call *call)
{
    enum { CHANGEABLE = HOST_P1_APPEND | HOST_P1_NONBLOCK };
    host_p1_fd *entry;
    uint32_t flags = host_p1_u32(call, 1);
    int failure = get(call, HOST_P1_FD_FDSTAT_SET_FLAGS, &entry);
    if (failure != 0)
        return failure;
    if ((flags & ~(uint32_t)HOST_P1_FDFLAGS) != 0)
        return EINVAL;
    if (((flags ^ entry->flags) & ~(uint32_t)CHANGEABLE) != 0)
        return ENOTSUP;
    entry->flags = (uint16_t)flags;
    return 0;
}

/* fd, rights, inheriting: no more than there are */
int host_p1_fd_fdstat_set_rights(host_p1_call *call)
{
    host_p1_fd *entry;
    uint64_t rights = host_p1_u64(call, 1), inheriting = host_p1_u64(call, 2);
    int failure = get(call, 0, &entry);
    if (failure != 0)
        return failure;
    if ((rights & ~(uint64_t)entry->rights) != 0 || (inheriting & ~(uint64_t)entry->inheriting) != 0)
        return HOST_P1_NOTCAPABLE;
    entry->rights = (uint32_t)rights;
    entry->inheriting = (uint32_t)inheriting;
    return 0;
}

/* ---- The file -------------------------------------------------------------------------------------------------- */

/* fd, offset, length, advice */
int host_p1_fd_advise(host_p1_call *call)
{
    static const int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                  POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
    host_descriptor *file;
    uint32_t advice = host_p1_u32(call, 3);
    int failure = get_file(call, HOST_P1_FD_ADVISE, &file);
    if (failure != 0)
        return failure;
    if (advice >= BASE_COUNT(advices))
        return EINVAL;
    return host_descriptor_advise(file, host_p1_u64(call, 1), host_p1_u64(call, 2), advices[advice]);
}

/* fd, offset, length */
int host_p1_fd_allocate(host_p1_call *call)
{
    host_descriptor *file;
    int failure = get_file(call, HOST_P1_FD_ALLOCATE, &file);
    return failure != 0 ? failure : host_descriptor_allocate(file, host_p1_u64(call, 1), host_p1_u64(call, 2));
}

int host_p1_fd_sync(host_p1_call *call)
{
    host_descriptor *file;
    int failure = get_file(call, HOST_P1_FD_SYNC, &file);
    return failure != 0 ? failure : host_descriptor_sync(file, false);
}

int host_p1_fd_datasync(host_p1_call *call)
{
    host_descriptor *file;
    int failure = get_file(call, HOST_P1_FD_DATASYNC, &file);
    return failure != 0 ? failure : host_descriptor_sync(file, true);
}

static uint64_t nanoseconds(struct timespec time)
{
    return time.tv_sec < 0 ? 0 : (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void host_p1_store_filestat(uint8_t *out, const struct stat *info)
{
    memset(out, 0, FILESTAT_SIZE);
    base_store_u64(out, info->st_dev);
    base_store_u64(out + 8, info->st_ino);
    out[16] = (uint8_t)host_p1_filetype_of(info->st_mode);
    base_store_u64(out + 24, info->st_nlink);
    base_store_u64(out + 32, (uint64_t)info->st_size);
    base_store_u64(out + 40, nanoseconds(info->st_atim));
    base_store_u64(out + 48, nanoseconds(info->st_mtim));
    base_store_u64(out + 56, nanoseconds(info->st_ctim));
}

/* fd, *filestat. Of a standard stream only its type is told. */
int host_p1_fd_filestat_get(host_p1_call *call)
{
    host_p1_fd *entry;
    struct stat info = {0};
    int failure = get(call, HOST_P1_FD_FILESTAT_GET, &entry);
    if (failure != 0)
        return failure;
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 1), FILESTAT_SIZE);
    if (out == NULL)
        return EFAULT;
    if (entry->file != NULL)
        failure = host_descriptor_stat(entry->file, &info);
    if (failure != 0)
        return failure;
    host_p1_store_filestat(out, &info);
    out[16] = (uint8_t)filetype(entry);
    return 0;
}

/* fd, size */
int host_p1_fd_filestat_set_size(host_p1_call *call)
{
    host_descriptor *file;
    int failure = get_file(call, HOST_P1_FD_FILESTAT_SET_SIZE, &file);
    return failure != 0 ? failure : host_descriptor_set_size(file, host_p1_u64(call, 1));
}

static int time_of(uint64_t time, bool set, bool now, struct timespec *out)
{
    *out = (struct timespec){.tv_nsec = set ? (long)(time % 1000000000u) : now ? UTIME_NOW : UTIME_OMIT};
    if (set)
        out->tv_sec = (time_t)(time / 1000000000u);
    return set && now ? EINVAL : 0;
}

int host_p1_times(uint64_t atime, uint64_t mtime, uint32_t flags, struct timespec out[2])
{
    enum { ATIM = 1 << 0, ATIM_NOW = 1 << 1, MTIM = 1 << 2, MTIM_NOW = 1 << 3, ALL = (1 << 4) - 1 };
    if ((flags & ~(uint32_t)ALL) != 0)
        return EINVAL;
    int failure = time_of(atime, flags & ATIM, flags & ATIM_NOW, &out[0]);
    return failure != 0 ? failure : time_of(mtime, flags & MTIM, flags & MTIM_NOW, &out[1]);
}

/* fd, atime, mtime, fstflags */
int host_p1_fd_filestat_set_times(host_p1_call *call)
{
    host_descriptor *file;
    struct timespec times[2];
    int failure = get_file(call, HOST_P1_FD_FILESTAT_SET_TIMES, &file);
    if (failure == 0)
        failure = host_p1_times(host_p1_u64(call, 1), host_p1_u64(call, 2), host_p1_u32(call, 3), times);
    return failure != 0 ? failure : host_descriptor_set_times(file, times);
}
