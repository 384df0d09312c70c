/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths that cannot leave a directory. Everything that a guest names is resolved beneath a directory that it was
 * given: neither `..`, nor an absolute path, nor a symbolic link (also one that changes in between) leads out of it.
 *
 * Linux's openat2(RESOLVE_BENEATH) does this in the kernel. Where it is missing, a walk does the same one name at a
 * time, with a descriptor held for every directory on the way, so that `..` is a step back on that path and never a
 * question to the file system.
 *
 * All functions return 0 or an errno value; a way out of the directory is EPERM.
 */
#pragma once

#include <pirn/base.h>
#include <sys/types.h>

/* The longest path and the longest name that are taken, without the NUL. */
enum { HOST_PATH_MAX = 4095, HOST_ENTRY_NAME_MAX = 255 };

/*
 * Opens `path` beneath `dir`. `flags` as of open(2): with O_NOFOLLOW a symbolic link as the last name is ELOOP, or is
 * opened itself with O_PATH. O_CLOEXEC is added. *fd is the caller's.
 */
int host_sandbox_open(int dir, pirn_str path, int flags, mode_t mode, int *fd);

/*
 * For operations on the entry itself (unlinkat, mkdirat, renameat ...): opens the directory that holds the last name
 * of `path`, and copies that name. *wants_directory: the path ended in '/'. ENOENT for an empty path; EINVAL when the
 * last name is `.`, EPERM when it is `..`.
 */
int host_sandbox_parent(int dir, pirn_str path, int *parent, char name[HOST_ENTRY_NAME_MAX + 1],
                        bool *wants_directory);

/* The walk, for kernels without openat2 (and for the tests); like host_sandbox_open. */
int host_sandbox_walk(int dir, pirn_str path, int flags, mode_t mode, int *fd);
