/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One read of a file that would have to wait for a disk: done in libuv's thread pool, into memory of its own. What is
 * dropped before the pool is done leaves the request behind, which is freed then.
 */
#pragma once

#include "host/file.h"
#include "host/poll.h"

typedef struct host_file_request host_file_request;

typedef struct host_file_read {
    host_object object;
    host_source source; /* ready: it has ended */
    host_link waiters;
    host_file_request *request;
} host_file_read;

/* Begins to read `size` > 0 bytes at `offset`, which fits an off_t. NULL: as host_context_alloc. */
host_file_read *host_file_read_new(host_context *context, host_file *file, size_t size, uint64_t offset);
/* Of one that has ended: 0 and its bytes (none: the file's end), valid as long as it; or an errno value. */
int host_file_read_result(const host_file_read *self, const uint8_t **bytes, size_t *got);
