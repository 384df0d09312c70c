/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reservations by mmap. Reserved pages are inaccessible and count against nothing but address space; a committed page
 * takes memory when it is first touched.
 */
#include "vm/exec/mapping.h"
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void *vm_mapping_reserve(size_t size)
{
    void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

/* The system commits whole pages: what it rounds down to is committed already, or is the part's own. */
bool vm_mapping_commit(void *base, size_t from, size_t to)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t start = from & ~(page - 1);
    return from == to || mprotect((uint8_t *)base + start, to - start, PROT_READ | PROT_WRITE) == 0;
}

void vm_mapping_release(void *base, size_t size)
{
    munmap(base, size);
}
