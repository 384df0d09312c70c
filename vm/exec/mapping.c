/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reservations by mmap. Reserved pages are inaccessible and count against nothing but address space; a committed page
 * takes memory when it is first touched.
 *
 * Sealed files are memfd_create's. A page of a private mapping of one is the file's own until it is written, and then a
 * copy that belongs to the process; /proc/self/pagemap says which it is. Linux from 6.7 on looks for such pages by itself
 * (PAGEMAP_SCAN), before that their entries are read one by one. The file refers to the process that has opened it: a page
 * that forking wipes tells whether that is still this one.
 */
#include "vm/exec/mapping.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

void *vm_mapping_reserve(size_t size)
{
    void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return base == MAP_FAILED ? NULL : base;
}

/* The system commits whole pages: what it rounds down to is committed already, or is the part's own. */
bool vm_mapping_commit(void *base, size_t from, size_t to)
{
    size_t start = from & ~(vm_mapping_page_size() - 1);
    return from == to || mprotect((uint8_t *)base + start, to - start, PROT_READ | PROT_WRITE) == 0;
}

void vm_mapping_release(void *base, size_t size)
{
    munmap(base, size);
}

size_t vm_mapping_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void vm_mapping_use_small_pages(void *base, size_t size)
{
    madvise(base, size, MADV_NOHUGEPAGE);
}

void vm_mapping_drop(void *base, size_t from, size_t to)
{
    madvise((uint8_t *)base + from, to - from, MADV_DONTNEED);
}

bool vm_mapping_clear(void *base, size_t size)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    return size == 0 || mmap(base, size, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
}

/* ---- Sealed files ---------------------------------------------------------------------------------------------------- */

/* A file beyond the process's limit would end the process. */
static bool may_be_so_large(size_t size)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur);
}

/* Pages of zeroes are left out. */
static bool write_pages(int file, const uint8_t *bytes, size_t size)
{
    size_t page = vm_mapping_page_size();
    for (size_t at = 0; at < size; at += page) {
        if (!vm_bytes_are_zero(bytes + at, page) && pwrite(file, bytes + at, page, (off_t)at) != (ssize_t)page)
            return false;
    }
    return true;
}

bool vm_sealed_file_init(vm_sealed_file *sealed, const uint8_t *bytes, size_t size)
{
    const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    int file = may_be_so_large(size) ? memfd_create("pirn", MFD_CLOEXEC | MFD_ALLOW_SEALING) : -1;
    if (file < 0)
        return false;
    void *view = MAP_FAILED;
    if (ftruncate(file, (off_t)size) == 0 && write_pages(file, bytes, size) && fcntl(file, F_ADD_SEALS, seals) == 0)
        view = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    if (view == MAP_FAILED) {
        close(file);
        return false;
    }
    *sealed = (vm_sealed_file){file, size, view};
    return true;
}

void vm_sealed_file_done(vm_sealed_file *sealed)
{
    munmap((void *)(uintptr_t)sealed->bytes, sealed->size);
    close(sealed->file);
}

bool vm_sealed_file_map(const vm_sealed_file *sealed, void *base)
{
    const int flags = MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED;
    return mmap(base, sealed->size, PROT_READ | PROT_WRITE, flags, sealed->file, 0) != MAP_FAILED;
}

/* ---- Which pages have been written ----------------------------------------------------------------------------------- */

/* What the kernel calls struct pm_scan_arg and PAGEMAP_SCAN; headers older than it have neither. */
typedef struct scan_request {
    uint64_t size, flags, start, end, walk_end, runs, room, max_pages;
    uint64_t inverted, all_of, any_of, returned;
} scan_request;

enum { PAGE_OF_FILE = 1 << 2, PAGE_PRESENT = 1 << 3, PAGE_SWAPPED = 1 << 4, PAGE_OF_ZEROES = 1 << 5 };

static long scan(int file, uint64_t start, uint64_t end, vm_page_run *runs, size_t room, uint64_t *next)
{
    scan_request request = {
        .size = sizeof request,
        .start = start,
        .end = end,
        .runs = (uintptr_t)runs,
        .room = room,
        .inverted = PAGE_OF_FILE | PAGE_OF_ZEROES,
        .all_of = PAGE_OF_FILE | PAGE_OF_ZEROES,
        .any_of = PAGE_PRESENT | PAGE_SWAPPED,
        .returned = PAGE_PRESENT,
    };
    long count = ioctl(file, _IOWR('f', 16, scan_request), &request);
    *next = request.walk_end;
    return count;
}

/* An entry of pagemap: its page is there or swapped out, and not of a file. */
static bool is_own(uint64_t entry)
{
    return (entry >> 62) != 0 && (entry >> 61 & 1) == 0;
}

static long read_entries(int file, uint64_t start, uint64_t end, vm_page_run *runs, size_t room, uint64_t *next)
{
    enum { ENTRIES = 512 };
    uint64_t page = vm_mapping_page_size(), entries[ENTRIES];
    size_t count = 0;
    for (*next = start; *next < end;) {
        uint64_t pages = (end - *next + page - 1) / page;
        size_t wanted = (pages < ENTRIES ? (size_t)pages : ENTRIES) * sizeof *entries;
        if (pread(file, entries, wanted, (off_t)(*next / page * sizeof *entries)) != (ssize_t)wanted)
            return -1;
        for (size_t i = 0; i < wanted / sizeof *entries; i++, *next += page) {
            if (!is_own(entries[i]))
                continue;
            if (count > 0 && runs[count - 1].end == *next) {
                runs[count - 1].end += page;
            } else if (count < room) {
                runs[count++] = (vm_page_run){*next, *next + page, 0};
            } else {
                return (long)count;
            }
        }
    }
    return (long)count;
}

static bool make_mark(vm_page_scanner *scanner)
{
    size_t page = vm_mapping_page_size();
    uint8_t *mark = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mark == MAP_FAILED)
        return false;
    *mark = 1;
    scanner->mark = mark;
    return madvise(mark, page, MADV_WIPEONFORK) == 0;
}

bool vm_page_scanner_init(vm_page_scanner *scanner)
{
    *scanner = (vm_page_scanner){.file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)};
    vm_page_run run;
    uint64_t next;
    if (scanner->file >= 0 && make_mark(scanner)) {
        uint64_t mark = (uintptr_t)scanner->mark, end = mark + vm_mapping_page_size();
        scanner->has_scan = scan(scanner->file, mark, end, &run, 1, &next) == 1;
        if (vm_page_scanner_read(scanner, mark, end, &run, 1, &next) == 1)
            return true;
    }
    vm_page_scanner_done(scanner);
    return false;
}

void vm_page_scanner_done(vm_page_scanner *scanner)
{
    if (scanner->file >= 0)
        close(scanner->file);
    if (scanner->mark != NULL)
        munmap((void *)(uintptr_t)scanner->mark, vm_mapping_page_size());
    *scanner = (vm_page_scanner){.file = -1};
}

long vm_page_scanner_read(const vm_page_scanner *scanner, uint64_t start, uint64_t end, vm_page_run *runs,
                          size_t room, uint64_t *next)
{
    if (scanner->mark == NULL || *(const volatile uint8_t *)scanner->mark == 0)
        return -1;
    return (scanner->has_scan ? scan : read_entries)(scanner->file, start, end, runs, room, next);
}
