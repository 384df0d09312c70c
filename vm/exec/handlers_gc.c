/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of structures, arrays, i31 and casts (spec 4.6.9).
 *
 * Cells of shape w have their operands one behind the other from the first slot on, where the result goes, too. The second
 * slot is the end of what the frame uses: as far as that a collection looks for references.
 */
#include "vm/exec/handlers.h"
#include "vm/exec/object.h"

/* ---- Fields -------------------------------------------------------------------------------------------------------------- */

BASE_INLINE uint16_t load16(const uint8_t *p)
{
    uint16_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

BASE_INLINE uint32_t load32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

BASE_INLINE uint64_t load64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

/* An f32 is moved as the image of its bits. */
#define VM_FIELD_TO_F(bits) base_f32_of_bits(bits)
#define VM_FIELD_TO_D(bits) base_f64_of_bits(bits)

#define FIELD_GETTERS(X)                      \
    X(I8_S, I, (uint32_t)(int8_t)*p)          \
    X(I8_U, I, *p)                            \
    X(I16_S, I, (uint32_t)(int16_t)load16(p)) \
    X(I16_U, I, load16(p))                    \
    X(I32, I, load32(p))                      \
    X(I64, L, load64(p))                      \
    X(F32, F, base_f32_of_bits(load32(p)))    \
    X(F64, D, base_f64_of_bits(load64(p)))

/* The operand a is a structure; `p` is its field. */
#define STRUCT_FIELD(slot)                     \
    vm_object *object = VM_SLOT(slot).ref;     \
    VM_TRAP_IF(object == NULL, NULL_STRUCTURE) \
    uint8_t *p = vm_object_at(object, pc[1].offset);

/* An array and an index; `p` is the element. */
#define ARRAY_ELEMENT(slot, index_slot, size)        \
    vm_array *array = VM_SLOT(slot).ref;             \
    uint32_t index = VM_SLOT(index_slot).u32;        \
    VM_TRAP_IF(array == NULL, NULL_ARRAY)            \
    VM_TRAP_IF(index >= array->length, ARRAY_BOUNDS) \
    uint8_t *p = (uint8_t *)array + VM_ARRAY_DATA + (size_t)index * (size);

#define GETTER(name, R, expression)      \
    VM_HANDLER(op_STRUCT_GET_##name##_s) \
    {                                    \
        STRUCT_FIELD(pc[1].a)            \
        VM_TO_s_##R(expression);         \
        VM_NEXT(2);                      \
    }                                    \
    VM_HANDLER(op_STRUCT_GET_##name##_a) \
    {                                    \
        STRUCT_FIELD(pc[1].a)            \
        VM_TO_a_##R(expression);         \
        VM_NEXT(2);                      \
    }
FIELD_GETTERS(GETTER)
#undef GETTER

#define SIZE_I8_S  1
#define SIZE_I8_U  1
#define SIZE_I16_S 2
#define SIZE_I16_U 2
#define SIZE_I32   4
#define SIZE_I64   8
#define SIZE_F32   4
#define SIZE_F64   8

#define GETTER(name, R, expression)                  \
    VM_HANDLER(op_ARRAY_GET_##name##_s)              \
    {                                                \
        ARRAY_ELEMENT(pc[1].a, pc[1].b, SIZE_##name) \
        VM_TO_s_##R(expression);                     \
        VM_NEXT(2);                                  \
    }                                                \
    VM_HANDLER(op_ARRAY_GET_##name##_a)              \
    {                                                \
        ARRAY_ELEMENT(pc[1].a, pc[1].b, SIZE_##name) \
        VM_TO_a_##R(expression);                     \
        VM_NEXT(2);                                  \
    }
FIELD_GETTERS(GETTER)

/* `bits` is the value's slot; a value lies at its start. */
#define FIELD_SETTERS(X)                                                \
    X(8, 1, *p = (uint8_t)value->u32)                                   \
    X(16, 2, uint16_t half = (uint16_t)value->u32; memcpy(p, &half, 2)) \
    X(32, 4, memcpy(p, value, 4))                                       \
    X(64, 8, memcpy(p, value, 8))

#define SETTER(name, size, ...)                     \
    VM_HANDLER(op_STRUCT_SET_##name)                \
    {                                               \
        STRUCT_FIELD(pc[1].d)                       \
        const pirn_slot *value = &VM_SLOT(pc[1].a); \
        __VA_ARGS__;                                \
        VM_NEXT(2);                                 \
    }                                               \
    VM_HANDLER(op_ARRAY_SET_##name)                 \
    {                                               \
        ARRAY_ELEMENT(pc[1].d, pc[1].a, size)       \
        const pirn_slot *value = &VM_SLOT(pc[1].b); \
        __VA_ARGS__;                                \
        VM_NEXT(2);                                 \
    }
FIELD_SETTERS(SETTER)

/* Vectors: all operands from the slot w on. */
VM_HANDLER(op_STRUCT_GET_128)
{
    vm_object *object = VM_SLOT(pc[1].far_d).ref;
    VM_TRAP_IF(object == NULL, NULL_STRUCTURE)
    memcpy(&VM_SLOT(pc[1].far_d), vm_object_at(object, (uint32_t)pc[2].u64), 16);
    VM_NEXT(3);
}

VM_HANDLER(op_STRUCT_SET_128)
{
    vm_object *object = VM_SLOT(pc[1].far_d).ref;
    VM_TRAP_IF(object == NULL, NULL_STRUCTURE)
    memcpy(vm_object_at(object, (uint32_t)pc[2].u64), &VM_SLOT(pc[1].far_d + sizeof(pirn_slot)), 16);
    VM_NEXT(3);
}

VM_HANDLER(op_ARRAY_GET_128)
{
    ARRAY_ELEMENT(pc[1].far_d, pc[1].far_d + sizeof(pirn_slot), 16)
    memcpy(&VM_SLOT(pc[1].far_d), p, 16);
    VM_NEXT(3);
}

VM_HANDLER(op_ARRAY_SET_128)
{
    ARRAY_ELEMENT(pc[1].far_d, pc[1].far_d + sizeof(pirn_slot), 16)
    memcpy(p, &VM_SLOT(pc[1].far_d + 2 * sizeof(pirn_slot)), 16);
    VM_NEXT(3);
}

VM_HANDLER(op_ARRAY_LEN)
{
    const vm_array *array = VM_SLOT(pc[1].a).ref;
    VM_TRAP_IF(array == NULL, NULL_ARRAY)
    VM_TO_s_I(array->length);
    VM_NEXT(2);
}

/* ---- Casts --------------------------------------------------------------------------------------------------------------- */

VM_HANDLER(op_REF_TEST)
{
    VM_TO_s_I(vm_ref_passes(VM_SLOT(pc[1].a).ref, (uint32_t)pc[2].u64, pc[3].pointer));
    VM_NEXT(4);
}

VM_HANDLER(op_REF_CAST)
{
    VM_TRAP_IF(!vm_ref_passes(VM_SLOT(pc[1].a).ref, pc[1].offset, pc[2].pointer), CAST)
    VM_NEXT(3);
}

VM_HANDLER(op_BR_CAST)
{
    bool inverted = pc[1].offset & VM_TEST_INVERT;
    if (vm_ref_passes(VM_SLOT(pc[1].a).ref, pc[1].offset, pc[2].pointer) != inverted)
        VM_GOTO(pc[3].target);
    VM_NEXT(4);
}

/* ---- Descriptors --------------------------------------------------------------------------------------------------------- */

#define DESCRIPTOR_GETTER(form)                                       \
    VM_HANDLER(op_REF_GET_DESC_##form)                                \
    {                                                                 \
        vm_object *object = VM_SLOT(pc[1].a).ref;                     \
        VM_TRAP_IF(object == NULL, NULL_REFERENCE)                    \
        VM_TO_##form##_L(load64(vm_object_at(object, pc[1].offset))); \
        VM_NEXT(2);                                                   \
    }
DESCRIPTOR_GETTER(s)
DESCRIPTOR_GETTER(a)

VM_HANDLER(op_REF_CAST_DESC)
{
    const void *descriptor = VM_SLOT(pc[1].b).ref;
    VM_TRAP_IF(descriptor == NULL, NULL_DESCRIPTOR)
    VM_TRAP_IF(!vm_ref_is_described(VM_SLOT(pc[1].a).ref, (uint32_t)pc[2].u64, descriptor), DESCRIPTOR_CAST)
    VM_NEXT(3);
}

VM_HANDLER(op_BR_CAST_DESC)
{
    const void *descriptor = VM_SLOT(pc[1].b).ref;
    bool inverted = pc[2].u64 & VM_TEST_INVERT;
    VM_TRAP_IF(descriptor == NULL, NULL_DESCRIPTOR)
    if (vm_ref_is_described(VM_SLOT(pc[1].a).ref, (uint32_t)pc[2].u64, descriptor) != inverted)
        VM_GOTO(pc[3].target);
    VM_NEXT(4);
}

/* ---- Numbers and identity ------------------------------------------------------------------------------------------------ */

VM_HANDLER(op_REF_I31)
{
    VM_SLOT(pc[1].d).u64 = vm_image_of_ref(vm_i31_new(VM_SLOT(pc[1].a).u32));
    VM_NEXT(2);
}

VM_HANDLER(op_I31_GET_S)
{
    const void *reference = VM_SLOT(pc[1].a).ref;
    VM_TRAP_IF(reference == NULL, NULL_I31)
    VM_TO_s_I(vm_i31_signed(reference));
    VM_NEXT(2);
}

VM_HANDLER(op_I31_GET_U)
{
    const void *reference = VM_SLOT(pc[1].a).ref;
    VM_TRAP_IF(reference == NULL, NULL_I31)
    VM_TO_s_I(vm_i31_unsigned(reference));
    VM_NEXT(2);
}

VM_HANDLER(op_REF_EQ)
{
    VM_TO_s_I(VM_SLOT(pc[1].a).ref == VM_SLOT(pc[1].b).ref);
    VM_NEXT(2);
}

/* ---- Objects as a whole ---------------------------------------------------------------------------------------------------- */

#define WHOLE(name, words)                                                                              \
    BASE_NOINLINE static pirn_trap do_##name(pirn_instance *inst, pirn_slot *slots, const vm_word *pc); \
    VM_HANDLER(op_##name)                                                                               \
    {                                                                                                   \
        vm_context *context = inst->context;                                                            \
        context->accumulator = acc;                                                                     \
        inst->store->heap.top = &VM_SLOT(pc[1].far_a);                                                  \
        pirn_trap trap = do_##name(inst, &VM_SLOT(pc[1].far_d), pc);                                    \
        inst->store->heap.top = NULL;                                                                   \
        if (BASE_UNLIKELY(trap != VM_NO_TRAP)) {                                                        \
            context->trap = trap;                                                                       \
            VM_BECOME(vm_trap);                                                                         \
        }                                                                                               \
        VM_NEXT(words);                                                                                 \
    }                                                                                                   \
    static pirn_trap do_##name(pirn_instance *inst, pirn_slot *slots, const vm_word *pc)

/* The reference becomes the whole slot. (It is passed by its address, because what makes it is an argument, too.) */
static pirn_trap give(pirn_trap trap, pirn_slot *slot, void *const *reference)
{
    if (trap == VM_NO_TRAP)
        slot->u64 = vm_image_of_ref(*reference);
    return trap;
}

WHOLE(STRUCT_NEW, 3)
{
    void *object = NULL;
    return give(vm_struct_new(inst->store, pc[2].pointer, slots, &object), slots, &object);
}

WHOLE(STRUCT_NEW_DEFAULT, 3)
{
    void *object = NULL;
    return give(vm_struct_new(inst->store, pc[2].pointer, NULL, &object), slots, &object);
}

WHOLE(STRUCT_NEW_DESC, 4)
{
    void *object = NULL;
    const pirn_slot *descriptor = slots + pc[3].u64;
    return give(vm_struct_new_desc(inst->store, pc[2].pointer, slots, descriptor, &object), slots, &object);
}

WHOLE(STRUCT_NEW_DEFAULT_DESC, 3)
{
    void *object = NULL;
    return give(vm_struct_new_desc(inst->store, pc[2].pointer, NULL, slots, &object), slots, &object);
}

WHOLE(ARRAY_NEW, 3)
{
    void *object = NULL;
    const vm_layout *layout = pc[2].pointer;
    uint32_t length = slots[layout->fields[0].size == 16 ? 2 : 1].u32;
    return give(vm_array_new(inst->store, layout, slots, length, &object), slots, &object);
}

WHOLE(ARRAY_NEW_DEFAULT, 3)
{
    void *object = NULL;
    return give(vm_array_new(inst->store, pc[2].pointer, NULL, slots[0].u32, &object), slots, &object);
}

WHOLE(ARRAY_NEW_FIXED, 4)
{
    void *object = NULL;
    return give(vm_array_new_fixed(inst->store, pc[2].pointer, slots, (uint32_t)pc[3].u64, &object), slots, &object);
}

WHOLE(ARRAY_NEW_DATA, 4)
{
    void *object = NULL;
    return give(vm_array_new_data(inst, pc[2].pointer, (uint32_t)pc[3].u64, slots[0].u32, slots[1].u32, &object),
                slots, &object);
}

WHOLE(ARRAY_NEW_ELEM, 4)
{
    void *object = NULL;
    return give(vm_array_new_elem(inst, pc[2].pointer, (uint32_t)pc[3].u64, slots[0].u32, slots[1].u32, &object),
                slots, &object);
}

WHOLE(ARRAY_FILL, 3)
{
    (void)inst;
    const vm_layout *layout = pc[2].pointer;
    uint32_t length = slots[layout->fields[0].size == 16 ? 4 : 3].u32;
    return vm_array_fill(layout, slots[0].ref, slots[1].u32, slots + 2, length);
}

WHOLE(ARRAY_COPY, 3)
{
    (void)inst;
    return vm_array_copy(pc[2].pointer, slots[0].ref, slots[1].u32, slots[2].ref, slots[3].u32, slots[4].u32);
}

WHOLE(ARRAY_INIT_DATA, 4)
{
    return vm_array_init_data(inst, pc[2].pointer, (uint32_t)pc[3].u64, slots[0].ref, slots[1].u32, slots[2].u32,
                              slots[3].u32);
}

WHOLE(ARRAY_INIT_ELEM, 4)
{
    return vm_array_init_elem(inst, pc[2].pointer, (uint32_t)pc[3].u64, slots[0].ref, slots[1].u32, slots[2].u32,
                              slots[3].u32);
}

WHOLE(ANY_CONVERT_EXTERN, 2)
{
    (void)pc;
    void *reference = NULL;
    bool done = vm_heap_internalize(inst->store, slots[0].ref, &reference);
    return give(done ? VM_NO_TRAP : PIRN_TRAP_HEAP, slots, &reference);
}

WHOLE(EXTERN_CONVERT_ANY, 2)
{
    (void)pc;
    void *reference = NULL;
    bool done = vm_heap_externalize(inst->store, slots[0].ref, &reference);
    return give(done ? VM_NO_TRAP : PIRN_TRAP_HEAP, slots, &reference);
}
