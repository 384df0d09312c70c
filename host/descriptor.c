/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories, by the system's calls that take a directory and one name. */
#include "host/descriptor.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int result_of(int returned)
{
    return returned < 0 ? errno : 0;
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

static void release(host_object *object)
{
    host_file_unref(((host_descriptor *)object)->file);
}

static host_descriptor *new_descriptor(host_context *context, host_file *file, const struct stat *info)
{
    host_descriptor *self = host_object_new(context, sizeof *self, release);
    if (self == NULL)
        return NULL;
    self->file = file;
    self->type = info->st_mode & S_IFMT;
    return self;
}

host_descriptor *host_descriptor_preopen(host_context *context, size_t index)
{
    const host_dir *dir = &context->config->dirs.data[index];
    struct stat info = {.st_mode = S_IFDIR};
    host_file *file = host_file_borrow(context->host, dir->fd);
    host_descriptor *self = file != NULL ? new_descriptor(context, file, &info) : NULL;
    if (self == NULL) {
        host_file_unref(file);
        return NULL;
    }
    self->can_read = true;
    self->can_write = self->may_change = !dir->is_read_only;
    return self;
}

/* ---- Opening --------------------------------------------------------------------------------------------------- */

static int open_flags(const host_open_how *how)
{
    int flags = how->write ? (how->read ? O_RDWR : O_WRONLY) : O_RDONLY;
    flags |= (how->create ? O_CREAT : 0) | (how->exclusive ? O_EXCL : 0) | (how->truncate ? O_TRUNC : 0) |
             (how->directory ? O_DIRECTORY : 0) | (how->follow ? 0 : O_NOFOLLOW) | (int)how->sync;
    /* A pipe must not hold up the loop until somebody opens its other end, nor a terminal become ours. */
    return flags | O_NONBLOCK | O_NOCTTY;
}

static int adopt(host_context *context, const host_descriptor *parent, int fd, const host_open_how *how,
                 host_descriptor **out)
{
    struct stat info;
    if (fstat(fd, &info) < 0) {
        int failure = errno;
        close(fd);
        return failure;
    }
    host_file *file = host_file_new(context->host, fd);
    host_descriptor *self = file != NULL ? new_descriptor(context, file, &info) : NULL;
    if (self == NULL) {
        if (file != NULL)
            host_file_unref(file);
        else
            close(fd);
        return ENOMEM;
    }
    bool is_directory = S_ISDIR(info.st_mode);
    self->may_change = parent->may_change;
    self->can_read = is_directory || how->read;
    self->can_write = is_directory ? parent->may_change : how->write;
    self->sync = how->sync;
    *out = self;
    return 0;
}

int host_descriptor_open_at(host_context *context, host_descriptor *self, pirn_str path, const host_open_how *how,
                            host_descriptor **out)
{
    int fd;
    if (!S_ISDIR(self->type))
        return ENOTDIR;
    if (how->create && how->directory)
        return EINVAL;
    if (!self->may_change && (how->create || how->truncate || how->write))
        return EROFS;
    int failure = host_sandbox_open(self->file->fd, path, open_flags(how), 0666, &fd);
    return failure != 0 ? failure : adopt(context, self, fd, how, out);
}

/* ---- The file itself ------------------------------------------------------------------------------------------- */

int host_descriptor_stat(const host_descriptor *self, struct stat *out)
{
    return result_of(fstat(self->file->fd, out));
}

static bool is_offset(uint64_t offset)
{
    return offset <= INT64_MAX;
}

/* Can bytes move at `offset`? */
static int check_transfer(const host_descriptor *self, bool allowed, uint64_t offset)
{
    if (S_ISDIR(self->type))
        return EISDIR;
    if (!allowed)
        return EBADF;
    return is_offset(offset) ? 0 : EINVAL;
}

static int result_of_transfer(ssize_t returned, size_t *count)
{
    *count = returned > 0 ? (size_t)returned : 0;
    return returned < 0 ? errno : 0;
}

int host_descriptor_readv(const host_descriptor *self, const struct iovec *vectors, int count, uint64_t offset,
                          host_descriptor_patience patience, size_t *got)
{
    *got = 0;
    int failure = check_transfer(self, self->can_read, offset);
    if (failure != 0 || count == 0)
        return failure;
    int flags = patience == HOST_DESCRIPTOR_AT_ONCE ? RWF_NOWAIT : 0;
    failure = result_of_transfer(preadv2(self->file->fd, vectors, count, (off_t)offset, flags), got);
    /* A file system that cannot tell whether it would have to wait is taken at its worst. */
    return failure == EOPNOTSUPP && flags != 0 ? EAGAIN : failure;
}

int host_descriptor_writev(const host_descriptor *self, const struct iovec *vectors, int count, uint64_t offset,
                           bool append, size_t *written)
{
    *written = 0;
    int failure = check_transfer(self, self->can_write, offset);
    if (failure != 0 || count == 0)
        return failure;
    ssize_t result = append ? pwritev2(self->file->fd, vectors, count, 0, RWF_APPEND)
                            : pwritev(self->file->fd, vectors, count, (off_t)offset);
    return result_of_transfer(result, written);
}

int host_descriptor_allocate(const host_descriptor *self, uint64_t offset, uint64_t length)
{
    int failure = check_transfer(self, self->can_write, offset);
    if (failure != 0)
        return failure;
    if (length == 0)
        return EINVAL;
    if (length > INT64_MAX - offset)
        return EFBIG;
    return result_of(fallocate(self->file->fd, 0, (off_t)offset, (off_t)length));
}

int host_descriptor_advise(const host_descriptor *self, uint64_t offset, uint64_t length, int advice)
{
    if (S_ISDIR(self->type))
        return EBADF;
    if (!is_offset(offset) || !is_offset(length))
        return EINVAL;
    return posix_fadvise(self->file->fd, (off_t)offset, (off_t)length, advice);
}

int host_descriptor_sync(const host_descriptor *self, bool data_only)
{
    return result_of(data_only ? fdatasync(self->file->fd) : fsync(self->file->fd));
}

int host_descriptor_set_size(const host_descriptor *self, uint64_t size)
{
    if (S_ISDIR(self->type))
        return EISDIR;
    if (!self->can_write)
        return EBADF;
    return is_offset(size) ? result_of(ftruncate(self->file->fd, (off_t)size)) : EFBIG;
}

int host_descriptor_set_times(const host_descriptor *self, const struct timespec times[2])
{
    return self->may_change ? result_of(futimens(self->file->fd, times)) : EROFS;
}

/* ---- What it names --------------------------------------------------------------------------------------------- */

/* A handle of what `path` names, without opening it for anything. */
static int locate(const host_descriptor *self, pirn_str path, bool follow, int *fd)
{
    if (!S_ISDIR(self->type))
        return ENOTDIR;
    return host_sandbox_open(self->file->fd, path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0, fd);
}

int host_descriptor_stat_at(const host_descriptor *self, pirn_str path, bool follow, struct stat *out)
{
    int fd, failure = locate(self, path, follow, &fd);
    if (failure != 0)
        return failure;
    failure = result_of(fstat(fd, out));
    close(fd);
    return failure;
}

int host_descriptor_set_times_at(const host_descriptor *self, pirn_str path, bool follow,
                                 const struct timespec times[2])
{
    if (!self->may_change)
        return EROFS;
    int fd, failure = locate(self, path, follow, &fd);
    if (failure != 0)
        return failure;
    failure = result_of(utimensat(fd, "", times, AT_EMPTY_PATH));
    if (failure == EINVAL || failure == ENOENT) {
        /* Linux before 5.8 does not take an empty path. */
        char self_path[32];
        snprintf(self_path, sizeof self_path, "/proc/self/fd/%d", fd);
        failure = result_of(utimensat(AT_FDCWD, self_path, times, 0));
    }
    close(fd);
    return failure;
}

/* An entry of a directory: its parent, opened, and its name. */
typedef struct entry {
    int parent;
    char name[HOST_ENTRY_NAME_MAX + 1];
    bool wants_directory;
} entry;

/* For changing an entry. Close `parent` after success. */
static int find_entry(const host_descriptor *self, pirn_str path, entry *out)
{
    if (!S_ISDIR(self->type))
        return ENOTDIR;
    if (!self->may_change)
        return EROFS;
    return host_sandbox_parent(self->file->fd, path, &out->parent, out->name, &out->wants_directory);
}

/* `name/` may only stand for a directory. The slash is not handed to the system, which would follow a link for it. */
static int check_kind(const entry *e)
{
    struct stat info;
    if (!e->wants_directory)
        return 0;
    int failure = result_of(fstatat(e->parent, e->name, &info, AT_SYMLINK_NOFOLLOW));
    return failure != 0 ? failure : S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
}

/* Why nothing but a directory can be made as `name/`. */
static int check_no_slash(const entry *e)
{
    struct stat info;
    if (!e->wants_directory)
        return 0;
    int failure = result_of(fstatat(e->parent, e->name, &info, AT_SYMLINK_NOFOLLOW));
    return failure != 0 ? failure : S_ISDIR(info.st_mode) ? EEXIST : ENOTDIR;
}

static int finish(const entry *e, int failure)
{
    close(e->parent);
    return failure;
}

int host_descriptor_create_directory_at(const host_descriptor *self, pirn_str path)
{
    entry e;
    int failure = find_entry(self, path, &e);
    return failure != 0 ? failure : finish(&e, result_of(mkdirat(e.parent, e.name, 0777)));
}

int host_descriptor_remove_directory_at(const host_descriptor *self, pirn_str path)
{
    entry e;
    int failure = find_entry(self, path, &e);
    return failure != 0 ? failure : finish(&e, result_of(unlinkat(e.parent, e.name, AT_REMOVEDIR)));
}

int host_descriptor_unlink_file_at(const host_descriptor *self, pirn_str path)
{
    entry e;
    int failure = find_entry(self, path, &e);
    if (failure != 0)
        return failure;
    failure = check_kind(&e);
    return finish(&e, failure != 0 ? failure : result_of(unlinkat(e.parent, e.name, 0)));
}

int host_descriptor_symlink_at(const host_descriptor *self, pirn_str target, pirn_str path)
{
    char content[HOST_PATH_MAX + 1];
    entry e;
    if (target.len == 0)
        return ENOENT;
    if (target.len > HOST_PATH_MAX)
        return ENAMETOOLONG;
    if (target.data[0] == '/')
        return EPERM;
    if (memchr(target.data, '\0', target.len) != NULL)
        return EILSEQ;
    memcpy(content, target.data, target.len);
    content[target.len] = '\0';
    int failure = find_entry(self, path, &e);
    if (failure != 0)
        return failure;
    failure = check_no_slash(&e);
    return finish(&e, failure != 0 ? failure : result_of(symlinkat(content, e.parent, e.name)));
}

int host_descriptor_readlink_at(const host_descriptor *self, pirn_str path, char target[HOST_PATH_MAX + 1],
                                size_t *len)
{
    int fd, failure = locate(self, path, false, &fd);
    if (failure != 0)
        return failure;
    ssize_t n = readlinkat(fd, "", target, HOST_PATH_MAX);
    failure = n < 0 ? (errno == ENOENT ? EINVAL : errno) : target[0] == '/' ? EPERM : 0;
    close(fd);
    *len = n > 0 ? (size_t)n : 0;
    target[*len] = '\0';
    return failure;
}

/* Two entries at once. */
static int find_entries(const host_descriptor *from, pirn_str old_path, entry *e, const host_descriptor *to,
                        pirn_str new_path, entry *f)
{
    int failure = find_entry(from, old_path, e);
    if (failure != 0)
        return failure;
    failure = find_entry(to, new_path, f);
    return failure != 0 ? finish(e, failure) : 0;
}

int host_descriptor_link_at(const host_descriptor *self, pirn_str old_path, const host_descriptor *new_dir,
                            pirn_str new_path)
{
    entry e, f;
    int failure = find_entries(self, old_path, &e, new_dir, new_path, &f);
    if (failure != 0)
        return failure;
    failure = check_kind(&e);
    if (failure == 0)
        failure = check_no_slash(&f);
    if (failure == 0)
        failure = result_of(linkat(e.parent, e.name, f.parent, f.name, 0));
    return finish(&e, finish(&f, failure));
}

int host_descriptor_rename_at(const host_descriptor *self, pirn_str old_path, const host_descriptor *new_dir,
                              pirn_str new_path)
{
    entry e, f;
    int failure = find_entries(self, old_path, &e, new_dir, new_path, &f);
    if (failure != 0)
        return failure;
    e.wants_directory = e.wants_directory || f.wants_directory;
    failure = check_kind(&e);
    if (failure == 0)
        failure = result_of(renameat(e.parent, e.name, f.parent, f.name));
    return finish(&e, finish(&f, failure));
}

/* ---- Identity -------------------------------------------------------------------------------------------------- */

/* One round of splitmix64. */
static uint64_t mix(uint64_t state, uint64_t value)
{
    uint64_t z = (state ^ value) + 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void host_stat_hash(const struct stat *info, uint64_t *lower, uint64_t *upper)
{
    uint64_t h = mix(mix(1, (uint64_t)info->st_dev), (uint64_t)info->st_ino);
    h = mix(mix(h, (uint64_t)info->st_mtim.tv_sec), (uint64_t)info->st_mtim.tv_nsec);
    h = mix(mix(h, (uint64_t)info->st_ctim.tv_sec), (uint64_t)info->st_ctim.tv_nsec);
    *lower = mix(h, (uint64_t)info->st_size);
    *upper = mix(*lower, (uint64_t)info->st_ino);
}

/* ---- Directories ----------------------------------------------------------------------------------------------- */

static void close_directory(host_object *object)
{
    closedir(((host_directory_entry_stream *)object)->dir);
}

int host_directory_open(host_context *context, const host_descriptor *self, host_directory_entry_stream **out)
{
    if (!S_ISDIR(self->type))
        return ENOTDIR;
    /* A descriptor of its own: its place in the directory is not shared. */
    int fd = openat(self->file->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int failure = errno;
        close(fd);
        return failure;
    }
    host_directory_entry_stream *stream = host_object_new(context, sizeof *stream, close_directory);
    if (stream == NULL) {
        closedir(dir);
        return ENOMEM;
    }
    stream->dir = dir;
    *out = stream;
    return 0;
}

int host_directory_next(host_directory_entry_stream *self, const char **name, mode_t *type, ino_t *inode)
{
    struct dirent *found;
    do {
        errno = 0;
        found = readdir(self->dir);
        if (found == NULL) {
            *name = NULL;
            return errno;
        }
    } while (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0);
    struct stat info;
    *name = found->d_name;
    *inode = found->d_ino;
    *type = DTTOIF(found->d_type);
    if (found->d_type == DT_UNKNOWN)
        *type = fstatat(dirfd(self->dir), found->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 ? info.st_mode & S_IFMT : 0;
    return 0;
}
