/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations, what they begin with, and how that is restored: see vm/exec/reservation.h. */
#include "vm/exec/reservation.h"

/* Fewer pages than this are copied: a mapping of their own would cost more, each time the system looks for written pages. */
enum { LEAST_SEALED_PAGES = 4 };

/* ---- What a memory begins with ----------------------------------------------------------------------------------- */

static void find_extent(vm_pristine *pristine, const uint8_t *bytes, uint64_t size)
{
    size_t page = vm_mapping_page_size(), start = 0, end = ((size_t)size + page - 1) / page * page;
    while (start < end && vm_bytes_are_zero(bytes + end - page, page))
        end -= page;
    while (start < end && vm_bytes_are_zero(bytes + start, page))
        start += page;
    pristine->start = start;
    pristine->end = end;
}

static size_t length_of(const vm_pristine *pristine)
{
    return pristine->end - pristine->start;
}

static bool copy_bytes(vm_pristine *pristine, const uint8_t *bytes)
{
    uint8_t *copy = base_alloc(pristine->allocator, length_of(pristine));
    if (copy != NULL)
        pristine->bytes = memcpy(copy, bytes, length_of(pristine));
    return copy != NULL;
}

vm_pristine *vm_pristine_new(const pirn_allocator *allocator, const uint8_t *bytes, uint64_t size, bool may_seal)
{
    vm_pristine *pristine = base_alloc(allocator, sizeof *pristine);
    if (pristine == NULL)
        return NULL;
    *pristine = (vm_pristine){.allocator = allocator};
    find_extent(pristine, bytes, size);
    if (length_of(pristine) == 0)
        return pristine;
    const uint8_t *first = bytes + pristine->start;
    may_seal &= length_of(pristine) >= LEAST_SEALED_PAGES * vm_mapping_page_size();
    pristine->is_sealed = may_seal && vm_sealed_file_init(&pristine->file, first, length_of(pristine));
    if (pristine->is_sealed) {
        pristine->bytes = pristine->file.bytes;
    } else if (!copy_bytes(pristine, first)) {
        base_free(allocator, pristine, sizeof *pristine);
        return NULL;
    }
    return pristine;
}

void vm_pristine_free(vm_pristine *pristine)
{
    if (pristine->is_sealed)
        vm_sealed_file_done(&pristine->file);
    else
        base_free(pristine->allocator, (void *)(uintptr_t)pristine->bytes, length_of(pristine));
    base_free(pristine->allocator, pristine, sizeof *pristine);
}

/* ---- Address space ------------------------------------------------------------------------------------------------- */

static uint8_t *start_of(const vm_reservation *reservation)
{
    return reservation->base - reservation->front;
}

vm_reservation *vm_reservation_new(const pirn_allocator *allocator, size_t front, size_t size)
{
    size_t page = vm_mapping_page_size(), all;
    front = (front + page - 1) / page * page;
    vm_reservation *reservation =
        base_add_size(front, size, &all) ? base_alloc(allocator, sizeof *reservation) : NULL;
    if (reservation == NULL)
        return NULL;
    uint8_t *start = vm_mapping_reserve(all);
    if (start != NULL && vm_mapping_commit(start, 0, front)) {
        *reservation = (vm_reservation){.base = start + front, .front = front, .size = size, .is_front_clean = true};
        return reservation;
    }
    if (start != NULL)
        vm_mapping_release(start, all);
    base_free(allocator, reservation, sizeof *reservation);
    return NULL;
}

void vm_reservation_free(const pirn_allocator *allocator, vm_reservation *reservation)
{
    vm_mapping_release(start_of(reservation), reservation->front + reservation->size);
    base_free(allocator, reservation, sizeof *reservation);
}

bool vm_reservation_commit(vm_reservation *reservation, size_t size)
{
    if (size <= reservation->committed)
        return true;
    if (!vm_mapping_commit(reservation->base, reservation->committed, size))
        return false;
    reservation->committed = size;
    return true;
}

bool vm_reservation_begin_with(vm_reservation *reservation, const vm_pristine *pristine)
{
    uint8_t *at = reservation->base + pristine->start;
    if (pristine->is_sealed && !vm_sealed_file_map(&pristine->file, at))
        return false;
    if (!pristine->is_sealed && length_of(pristine) > 0)
        memcpy(at, pristine->bytes, length_of(pristine));
    reservation->pristine = pristine;
    return true;
}

/* ---- Written pages ------------------------------------------------------------------------------------------------- */

/* A walk through the pages that may have been written: by runs that the system tells, or all. Offsets are from the front. */
typedef struct page_walk {
    const vm_cleaner *cleaner;
    uint64_t base, at, end; /* addresses */
    bool is_told;
    size_t next, count;
    vm_page_run runs[32];
} page_walk;

static void begin_walk(page_walk *walk, const vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used)
{
    uint64_t page = cleaner->page_size;
    walk->cleaner = cleaner;
    walk->base = walk->at = (uintptr_t)start_of(reservation);
    walk->end = (uintptr_t)reservation->base + (used + page - 1) / page * page;
    walk->is_told = cleaner->has_scanner;
    walk->next = walk->count = 0;
}

/* The next run, as offsets. False at the end. */
static bool next_run(page_walk *walk, size_t *start, size_t *end)
{
    while (walk->next == walk->count) {
        if (walk->at >= walk->end)
            return false;
        long count = -1;
        if (walk->is_told)
            count = vm_page_scanner_read(&walk->cleaner->scanner, walk->at, walk->end, walk->runs,
                                         BASE_COUNT(walk->runs), &walk->at);
        if (count < 0) {
            walk->is_told = false;
            walk->runs[0] = (vm_page_run){walk->at, walk->end, 0};
            walk->at = walk->end;
            count = 1;
        }
        walk->next = 0;
        walk->count = (size_t)count;
    }
    *start = (size_t)(walk->runs[walk->next].start - walk->base);
    *end = (size_t)(walk->runs[walk->next++].end - walk->base);
    return true;
}

/* Where in a pristine memory a page lies; NULL: it is to be all zero. */
static const uint8_t *page_in(const vm_pristine *pristine, size_t at)
{
    bool is_in = pristine != NULL && at >= pristine->start && at < pristine->end;
    return is_in ? pristine->bytes + (at - pristine->start) : NULL;
}

/* The same for a page of a reservation. */
static const uint8_t *page_of(const vm_reservation *reservation, size_t at)
{
    return at < reservation->front ? NULL : page_in(reservation->pristine, at - reservation->front);
}

static bool page_equals(const uint8_t *page, const uint8_t *expected, size_t size)
{
    return expected == NULL ? vm_bytes_are_zero(page, size) : memcmp(page, expected, size) == 0;
}

bool vm_reservation_equals(const vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used,
                           const vm_pristine *pristine)
{
    page_walk walk;
    size_t at, end, page = cleaner->page_size;
    begin_walk(&walk, reservation, cleaner, used);
    walk.base = walk.at = (uintptr_t)reservation->base;
    if (pristine->end > walk.end - walk.base)
        return false;
    /* What it has not written is what it began with: only where that is the same may it be passed over. */
    walk.is_told &= reservation->pristine == pristine;
    while (next_run(&walk, &at, &end)) {
        for (; at < end; at += page) {
            if (!page_equals(reservation->base + at, page_in(pristine, at), page))
                return false;
        }
    }
    return true;
}

uint64_t vm_reservation_written(const vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used)
{
    page_walk walk;
    size_t at, end;
    uint64_t written = 0;
    begin_walk(&walk, reservation, cleaner, used);
    while (next_run(&walk, &at, &end))
        written += walk.is_told ? end - at : 0;
    return written;
}

/* Restores a page; true when it had been changed. One that is the process's own already is written without a look. */
static bool restore_page(uint8_t *page, const uint8_t *expected, size_t size, bool is_own)
{
    if (!is_own && page_equals(page, expected, size))
        return false;
    if (expected == NULL)
        memset(page, 0, size);
    else
        memcpy(page, expected, size);
    return true;
}

/* Whether dropping a page and all behind it brings back what they began with. */
static bool can_drop(const vm_reservation *reservation, size_t at)
{
    const vm_pristine *pristine = reservation->pristine;
    return pristine == NULL || pristine->is_sealed || at >= reservation->front + pristine->end;
}

void vm_reservation_restore(vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used, size_t *budget)
{
    page_walk walk;
    size_t at, end, page = cleaner->page_size;
    uint8_t *start = start_of(reservation);
    reservation->is_front_clean = true;
    begin_walk(&walk, reservation, cleaner, used);
    while (next_run(&walk, &at, &end)) {
        for (; at < end; at += page) {
            if (*budget < page && can_drop(reservation, at)) {
                vm_mapping_drop(start, at, (size_t)(walk.end - walk.base));
                return;
            }
            bool is_own = walk.is_told && cleaner->scanner.has_scan;
            bool was_changed = restore_page(start + at, page_of(reservation, at), page, is_own);
            if ((walk.is_told || was_changed) && *budget >= page)
                *budget -= page;
        }
    }
}

bool vm_reservation_clear(vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used, size_t *budget)
{
    const vm_pristine *pristine = reservation->pristine;
    reservation->pristine = NULL;
    if (pristine != NULL && pristine->is_sealed &&
        !vm_mapping_clear(reservation->base + pristine->start, length_of(pristine)))
        return false;
    vm_reservation_restore(reservation, cleaner, used, budget);
    return true;
}
