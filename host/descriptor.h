/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and directories in a guest's hands: wasi:filesystem's descriptor, and beneath the file descriptors of preview
 * 1. Every path is resolved beneath the directory that it is relative to (host/sandbox.h).
 *
 * Functions return 0 or an errno value (see host/errno.def for what guests call it). A directory that was given
 * read-only makes everything opened through it read-only: changes are EROFS.
 */
#pragma once

#include "host/context.h"
#include "host/file.h"
#include "host/sandbox.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* The most that one read or write moves. */
#define HOST_DESCRIPTOR_CHUNK ((size_t)1 << 20)

typedef struct host_descriptor {
    host_object object;
    host_file *file;
    mode_t type;              /* S_IFMT bits: what kind it was when opened */
    bool can_read, can_write; /* as opened; of a directory: both as `may_change` and true */
    bool may_change;          /* not beneath a read-only directory */
    uint32_t sync;            /* O_SYNC, O_DSYNC, as asked for when it was opened */
} host_descriptor;

/* The directory `index` of the context's config. NULL: out of memory. */
host_descriptor *host_descriptor_preopen(host_context *context, size_t index);

typedef struct host_open_how {
    bool read, write;
    bool create, exclusive, truncate, directory;
    bool follow;   /* a symbolic link as the last name */
    uint32_t sync; /* O_SYNC, O_DSYNC or 0 */
} host_open_how;

int host_descriptor_open_at(host_context *context, host_descriptor *self, pirn_str path, const host_open_how *how,
                            host_descriptor **out);

int host_descriptor_stat(const host_descriptor *self, struct stat *out);
int host_descriptor_stat_at(const host_descriptor *self, pirn_str path, bool follow, struct stat *out);
typedef enum host_descriptor_patience {
    HOST_DESCRIPTOR_AT_ONCE, /* EAGAIN when the bytes are not in memory: read with host/file_read.h */
    HOST_DESCRIPTOR_BLOCK,
} host_descriptor_patience;
/* Up to what the `count` vectors hold, from `offset`, perhaps less than there is; *got == 0: the end. */
int host_descriptor_readv(const host_descriptor *self, const struct iovec *vectors, int count, uint64_t offset,
                          host_descriptor_patience patience, size_t *got);
/* `append`: at the file's end, wherever `offset` is. Perhaps less than all is written. */
int host_descriptor_writev(const host_descriptor *self, const struct iovec *vectors, int count, uint64_t offset,
                           bool append, size_t *written);
/* Makes room for bytes that will be written; the file becomes longer if it must. */
int host_descriptor_allocate(const host_descriptor *self, uint64_t offset, uint64_t length);
int host_descriptor_advise(const host_descriptor *self, uint64_t offset, uint64_t length, int advice);
int host_descriptor_sync(const host_descriptor *self, bool data_only);
int host_descriptor_set_size(const host_descriptor *self, uint64_t size);
/* As utimensat(2): UTIME_NOW and UTIME_OMIT included. */
int host_descriptor_set_times(const host_descriptor *self, const struct timespec times[2]);
int host_descriptor_set_times_at(const host_descriptor *self, pirn_str path, bool follow,
                                 const struct timespec times[2]);

int host_descriptor_create_directory_at(const host_descriptor *self, pirn_str path);
int host_descriptor_remove_directory_at(const host_descriptor *self, pirn_str path);
int host_descriptor_unlink_file_at(const host_descriptor *self, pirn_str path);
int host_descriptor_link_at(const host_descriptor *self, pirn_str old_path, const host_descriptor *new_dir,
                            pirn_str new_path);
int host_descriptor_rename_at(const host_descriptor *self, pirn_str old_path, const host_descriptor *new_dir,
                              pirn_str new_path);
/* `target` is what the link holds: it may not be absolute. */
int host_descriptor_symlink_at(const host_descriptor *self, pirn_str target, pirn_str path);
/* *len bytes of the target. An absolute one is EPERM: it could not be followed, and tells about the host. */
int host_descriptor_readlink_at(const host_descriptor *self, pirn_str path, char target[HOST_PATH_MAX + 1],
                                size_t *len);

/* Two numbers that differ when the file or its content (by its times and size) does. */
void host_stat_hash(const struct stat *info, uint64_t *lower, uint64_t *upper);

/* The entries of a directory, without `.` and `..`. */
typedef struct host_directory_entry_stream {
    host_object object;
    DIR *dir;
} host_directory_entry_stream;

int host_directory_open(host_context *context, const host_descriptor *self, host_directory_entry_stream **out);
/* *name is NULL at the end; else valid until the next call. *type: S_IFMT bits, 0 when unknown. */
int host_directory_next(host_directory_entry_stream *self, const char **name, mode_t *type, ino_t *inode);
