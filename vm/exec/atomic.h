/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Atomic access to aligned bytes of linear memory, sequentially consistent. Memory is little-endian: what a C atomic holds is
 * its image, the bytes as they lie; on a little-endian machine this is the value.
 */
#pragma once

#include "vm/base/compiler.h"
#include <stdatomic.h>
#include <stdbool.h>

#define VM_ATOMIC_ACCESS(bits, load, store)                                                                        \
    BASE_INLINE uint##bits##_t vm_value_of_image_##bits(uint##bits##_t image)                                      \
    {                                                                                                              \
        const void *p = &image;                                                                                    \
        return load;                                                                                               \
    }                                                                                                              \
    BASE_INLINE uint##bits##_t vm_image_of_value_##bits(uint##bits##_t v)                                          \
    {                                                                                                              \
        uint##bits##_t image;                                                                                      \
        void *p = &image;                                                                                          \
        store;                                                                                                     \
        return image;                                                                                              \
    }                                                                                                              \
    BASE_INLINE uint##bits##_t vm_atomic_load_##bits(void *p)                                                      \
    {                                                                                                              \
        return vm_value_of_image_##bits(atomic_load((_Atomic uint##bits##_t *)p));                                 \
    }                                                                                                              \
    BASE_INLINE void vm_atomic_store_##bits(void *p, uint##bits##_t v)                                             \
    {                                                                                                              \
        atomic_store((_Atomic uint##bits##_t *)p, vm_image_of_value_##bits(v));                                    \
    }                                                                                                              \
    /* Replaces *expected by `v`; if something else is there, tells what. */                                       \
    BASE_INLINE bool vm_atomic_replace_##bits(void *p, uint##bits##_t *expected, uint##bits##_t v)                 \
    {                                                                                                              \
        uint##bits##_t image = vm_image_of_value_##bits(*expected);                                                \
        if (atomic_compare_exchange_strong((_Atomic uint##bits##_t *)p, &image, vm_image_of_value_##bits(v)))      \
            return true;                                                                                           \
        *expected = vm_value_of_image_##bits(image);                                                               \
        return false;                                                                                              \
    }

VM_ATOMIC_ACCESS(8, *(const uint8_t *)p, *(uint8_t *)p = v)
VM_ATOMIC_ACCESS(16, base_load_u16(p), base_store_u16(p, v))
VM_ATOMIC_ACCESS(32, base_load_u32(p), base_store_u32(p, v))
VM_ATOMIC_ACCESS(64, base_load_u64(p), base_store_u64(p, v))
