/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open file descriptor with counted references: descriptors, the streams made from them, and requests under way in
 * the thread pool share it. It belongs to the loop's thread, and outlives a context for as long as a request needs
 * it.
 */
#pragma once

#include <pirn/host.h>

typedef struct host_file {
    pirn_host *host;
    int fd;
    bool is_borrowed; /* not closed: one of this process's standard streams */
    uint32_t refs;
} host_file;

/* Takes over `fd`. NULL: out of memory; the caller still has the fd. */
host_file *host_file_new(pirn_host *host, int fd);
/* Uses `fd`, which stays open longer than the file. */
host_file *host_file_borrow(pirn_host *host, int fd);
host_file *host_file_ref(host_file *file);
void host_file_unref(host_file *file); /* may be NULL */
