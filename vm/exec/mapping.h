/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address space from the operating system, zeroed and committed page by page as it is touched. The only file of the
 * virtual machine that asks the system itself is mapping.c; where it gets nothing, callers use the allocator.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Reserves `size` bytes that may not be touched yet. NULL when the system refuses. */
void *vm_mapping_reserve(size_t size);
/* Makes the bytes from `from` to `to` of a reservation readable and writable; they are zero. */
bool vm_mapping_commit(void *base, size_t from, size_t to);
/* Gives a whole reservation back. */
void vm_mapping_release(void *base, size_t size);
