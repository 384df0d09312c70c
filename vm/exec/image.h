/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of slots: the 64 bits that a value has in a slot. A shorter value lies at the start of the slot, whatever the
 * byte order; so an image can be moved without knowing its type.
 */
#pragma once

#include "vm/base/compiler.h"
#include <stdbool.h>

BASE_INLINE uint64_t vm_image_of_u32(uint32_t value)
{
    uint64_t image = 0;
    memcpy(&image, &value, sizeof value);
    return image;
}

BASE_INLINE uint32_t vm_u32_of_image(uint64_t image)
{
    uint32_t value;
    memcpy(&value, &image, sizeof value);
    return value;
}

BASE_INLINE uint64_t vm_image_of_ref(void *value)
{
    uint64_t image = 0;
    memcpy(&image, &value, sizeof value);
    return image;
}

BASE_INLINE void *vm_ref_of_image(uint64_t image)
{
    void *value;
    memcpy(&value, &image, sizeof value);
    return value;
}

/* True when the first half of an i64's slot is its lower half, so that i32.wrap_i64 of a slot is nothing to do. */
BASE_INLINE bool vm_slot_wraps(void)
{
    return vm_u32_of_image(1) == 1;
}
