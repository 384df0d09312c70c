/* SPDX-License-Identifier: Apache-2.0 */
/* Structures and arrays as a whole: see vm/exec/object.h. */
#include "vm/exec/object.h"

/* Writes a value to a field of `size` bytes; returns the slots that it takes. */
static uint32_t write_value(uint8_t *at, uint32_t size, const pirn_slot *value)
{
    switch (size) {
    case 1:
        *at = (uint8_t)value->u32;
        return 1;
    case 2: {
        uint16_t half = (uint16_t)value->u32;
        memcpy(at, &half, sizeof half);
        return 1;
    }
    default: /* a value lies at the start of its slot */
        memcpy(at, value, size);
        return size == 16 ? 2 : 1;
    }
}

static uint8_t *element(vm_array *array, const vm_layout *layout, uint32_t index)
{
    return (uint8_t *)array + VM_ARRAY_DATA + (size_t)index * layout->fields[0].size;
}

/* ---- New objects ------------------------------------------------------------------------------------------------------- */

pirn_trap vm_struct_new(pirn_store *store, const vm_layout *layout, const pirn_slot *values, void **out)
{
    vm_object *object = vm_heap_new(store, layout, 0);
    if (object == NULL)
        return PIRN_TRAP_HEAP;
    for (uint32_t i = 0; i < layout->field_count && values != NULL; i++)
        values += write_value(vm_object_at(object, layout->fields[i].offset), layout->fields[i].size, values);
    *out = object;
    return VM_NO_TRAP;
}

pirn_trap vm_struct_new_desc(pirn_store *store, const vm_layout *layout, const pirn_slot *values,
                             const pirn_slot *descriptor, void **out)
{
    if (descriptor->ref == NULL)
        return PIRN_TRAP_NULL_DESCRIPTOR;
    pirn_trap trap = vm_struct_new(store, layout, values, out);
    if (trap == VM_NO_TRAP)
        write_value(vm_object_at(*out, layout->descriptor_at), sizeof *descriptor, descriptor);
    return trap;
}

static pirn_trap new_array(pirn_store *store, const vm_layout *layout, uint32_t length, vm_array **out)
{
    *out = (vm_array *)vm_heap_new(store, layout, length);
    return *out == NULL ? PIRN_TRAP_HEAP : VM_NO_TRAP;
}

static void fill(const vm_layout *layout, vm_array *array, uint32_t to, const pirn_slot *value, uint32_t length)
{
    uint32_t size = layout->fields[0].size;
    uint8_t *at = element(array, layout, to);
    for (uint32_t i = 0; i < length; i++, at += size)
        write_value(at, size, value);
}

pirn_trap vm_array_new(pirn_store *store, const vm_layout *layout, const pirn_slot *value, uint32_t length,
                       void **out)
{
    vm_array *array;
    pirn_trap trap = new_array(store, layout, length, &array);
    if (trap == VM_NO_TRAP && value != NULL)
        fill(layout, array, 0, value, length);
    *out = array;
    return trap;
}

pirn_trap vm_array_new_fixed(pirn_store *store, const vm_layout *layout, const pirn_slot *values, uint32_t length,
                             void **out)
{
    vm_array *array;
    pirn_trap trap = new_array(store, layout, length, &array);
    for (uint32_t i = 0; i < length && trap == VM_NO_TRAP; i++)
        values += write_value(element(array, layout, i), layout->fields[0].size, values);
    *out = array;
    return trap;
}

/* ---- Segments: a dropped one is empty ------------------------------------------------------------------------------------ */

static vm_range data_bytes(const pirn_instance *instance, uint32_t segment)
{
    const vm_data *data = &instance->module->syntax.datas.data[segment];
    return instance->dropped_datas[segment] ? (vm_range){data->bytes.start, data->bytes.start} : data->bytes;
}

static bool data_fit(const pirn_instance *instance, const vm_layout *layout, uint32_t segment, uint32_t from,
                     uint32_t length)
{
    vm_range bytes = data_bytes(instance, segment);
    return (uint64_t)from + (uint64_t)length * layout->fields[0].size <= (uint64_t)(bytes.end - bytes.start);
}

static bool elem_fits(const pirn_instance *instance, uint32_t segment, uint32_t from, uint32_t length)
{
    uint32_t count = instance->elem_starts[segment + 1] - instance->elem_starts[segment];
    return (uint64_t)from + length <= (instance->dropped_elems[segment] ? 0 : count);
}

/* The bytes of numbers are little-endian in the segment, as the machine has them in the array. */
static void copy_data(const pirn_instance *instance, const vm_layout *layout, uint32_t segment, vm_array *array,
                      uint32_t to, uint32_t from, uint32_t length)
{
    uint32_t size = layout->fields[0].size;
    const uint8_t *source = data_bytes(instance, segment).start + from;
    uint8_t *at = element(array, layout, to);
    for (uint32_t i = 0; i < length; i++, at += size, source += size) {
        pirn_slot value[2] = {{.u64 = 0}, {.u64 = 0}};
        if (size == 16)
            memcpy(value, source, size);
        else if (size == 8)
            value->u64 = base_load_u64(source);
        else
            value->u32 = size == 4 ? base_load_u32(source) : size == 2 ? base_load_u16(source) : *source;
        write_value(at, size, value);
    }
}

static void copy_elem(const pirn_instance *instance, const vm_layout *layout, uint32_t segment, vm_array *array,
                      uint32_t to, uint32_t from, uint32_t length)
{
    void *const *source = instance->elem_refs + instance->elem_starts[segment] + from;
    for (uint32_t i = 0; i < length; i++) {
        pirn_slot value = {.u64 = 0};
        value.ref = source[i];
        write_value(element(array, layout, to + i), layout->fields[0].size, &value);
    }
}

pirn_trap vm_array_new_data(const pirn_instance *instance, const vm_layout *layout, uint32_t segment, uint32_t from,
                            uint32_t length, void **out)
{
    vm_array *array;
    if (!data_fit(instance, layout, segment, from, length))
        return PIRN_TRAP_MEMORY_BOUNDS;
    pirn_trap trap = new_array(instance->store, layout, length, &array);
    if (trap == VM_NO_TRAP)
        copy_data(instance, layout, segment, array, 0, from, length);
    *out = array;
    return trap;
}

pirn_trap vm_array_new_elem(const pirn_instance *instance, const vm_layout *layout, uint32_t segment, uint32_t from,
                            uint32_t length, void **out)
{
    vm_array *array;
    if (!elem_fits(instance, segment, from, length))
        return PIRN_TRAP_TABLE_BOUNDS;
    pirn_trap trap = new_array(instance->store, layout, length, &array);
    if (trap == VM_NO_TRAP)
        copy_elem(instance, layout, segment, array, 0, from, length);
    *out = array;
    return trap;
}

/* ---- Parts of arrays --------------------------------------------------------------------------------------------------- */

static pirn_trap check_range(const vm_array *array, uint32_t at, uint32_t length)
{
    if (array == NULL)
        return PIRN_TRAP_NULL_ARRAY;
    return (uint64_t)at + length > array->length ? PIRN_TRAP_ARRAY_BOUNDS : VM_NO_TRAP;
}

pirn_trap vm_array_fill(const vm_layout *layout, vm_array *array, uint32_t to, const pirn_slot *value,
                        uint32_t length)
{
    pirn_trap trap = check_range(array, to, length);
    if (trap == VM_NO_TRAP)
        fill(layout, array, to, value, length);
    return trap;
}

pirn_trap vm_array_copy(const vm_layout *layout, vm_array *array, uint32_t to, const vm_array *source, uint32_t from,
                        uint32_t length)
{
    if (array == NULL || source == NULL)
        return PIRN_TRAP_NULL_ARRAY;
    pirn_trap trap = check_range(array, to, length);
    if (trap == VM_NO_TRAP)
        trap = check_range(source, from, length);
    if (trap == VM_NO_TRAP)
        memmove(element(array, layout, to), element((vm_array *)(uintptr_t)source, layout, from),
                (size_t)length * layout->fields[0].size);
    return trap;
}

pirn_trap vm_array_init_data(const pirn_instance *instance, const vm_layout *layout, uint32_t segment,
                             vm_array *array, uint32_t to, uint32_t from, uint32_t length)
{
    pirn_trap trap = check_range(array, to, length);
    if (trap == VM_NO_TRAP && !data_fit(instance, layout, segment, from, length))
        trap = PIRN_TRAP_MEMORY_BOUNDS;
    if (trap == VM_NO_TRAP)
        copy_data(instance, layout, segment, array, to, from, length);
    return trap;
}

pirn_trap vm_array_init_elem(const pirn_instance *instance, const vm_layout *layout, uint32_t segment,
                             vm_array *array, uint32_t to, uint32_t from, uint32_t length)
{
    pirn_trap trap = check_range(array, to, length);
    if (trap == VM_NO_TRAP && !elem_fits(instance, segment, from, length))
        trap = PIRN_TRAP_TABLE_BOUNDS;
    if (trap == VM_NO_TRAP)
        copy_elem(instance, layout, segment, array, to, from, length);
    return trap;
}
