/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one handler hands over to the next: the one place that knows.
 *
 * The machine's registers are the parameters of every handler:
 *
 *      pc    the cell being executed            inst  the instance
 *      fp    the frame, in bytes                acc   the integer accumulator (i32, i64, references)
 *      mem   base of memory 0                   facc  the float accumulator (f32, f64)
 *      len   its length
 *
 * Three ways, for the same handler source:
 *   - Clang 19 and later: guaranteed tail calls, and a calling convention that keeps all of them in registers and asks
 *     nobody to save any.
 *   - Other optimising compilers like GCC: sibling calls with the platform's convention.
 *   - Everywhere else (no optimisation, sanitizers): a handler leaves the registers in `next` and returns to a loop.
 *
 * Accumulators hold images of slots: the bytes that a value has in a slot, so that copying one to a slot needs no type.
 */
#pragma once

#include "vm/exec/image.h"
#include "vm/exec/run.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define VM_SANITIZED 1
#endif
#if __has_feature(thread_sanitizer)
#define VM_RACES_ARE_WATCHED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VM_SANITIZED 1
#endif
#if defined(__SANITIZE_THREAD__)
#define VM_RACES_ARE_WATCHED 1
#endif

#if !defined(__OPTIMIZE__) || defined(VM_SANITIZED)
#define VM_DISPATCH_LOOP 1
#elif defined(__clang__) && __clang_major__ >= 19 && (defined(__x86_64__) || defined(__aarch64__))
#define VM_DISPATCH_TAIL 1
#elif defined(__GNUC__)
#define VM_DISPATCH_SIBLING 1
#else
#define VM_DISPATCH_LOOP 1
#endif

/* A word that is written once by another thread: its reader follows the address, which orders the reads on all machines
 * that compilers make code for; the thread sanitizer wants to be told. */
#if defined(VM_RACES_ARE_WATCHED)
#define VM_CONSUME memory_order_acquire
#else
#define VM_CONSUME memory_order_relaxed
#endif

/* Registers as parameters and as arguments. A register more is one more entry in both. */
#define VM_PARAMS \
    const vm_word *pc, uint8_t *fp, uint8_t *mem, uint64_t len, pirn_instance *inst, uint64_t acc, double facc
#define VM_ARGS pc, fp, mem, len, inst, acc, facc

#if defined(VM_DISPATCH_TAIL)

#define VM_CALL_CONVENTION __attribute__((preserve_none))
typedef VM_CALL_CONVENTION int vm_handler(VM_PARAMS);
#define VM_HANDLER(name) VM_CALL_CONVENTION int name(VM_PARAMS)
/* Goes on with another handler at the same pc. */
#define VM_BECOME(handler) __attribute__((musttail)) return (handler)(VM_ARGS)
/* Leaves the handlers. */
#define VM_LEAVE(status) return vm_leave(VM_ARGS), (int)(status)

#elif defined(VM_DISPATCH_SIBLING)

typedef int vm_handler(VM_PARAMS);
#define VM_HANDLER(name)   int name(VM_PARAMS)
#define VM_BECOME(handler) return (handler)(VM_ARGS)
#define VM_LEAVE(status)   return vm_leave(VM_ARGS), (int)(status)

#else

typedef struct vm_machine vm_machine;
typedef int vm_handler(VM_PARAMS, vm_machine *next);
struct vm_machine {
    vm_handler *handler;
    const vm_word *pc;
    uint8_t *fp, *mem;
    uint64_t len;
    pirn_instance *inst;
    uint64_t acc;
    double facc;
};
#define VM_HANDLER(name)   int name(VM_PARAMS, vm_machine *next)
#define VM_BECOME(handler) return vm_machine_set(next, (handler), VM_ARGS)
#define VM_LEAVE(status)   return vm_machine_set(next, NULL, VM_ARGS), (int)(status)

static inline int vm_machine_set(vm_machine *machine, vm_handler *handler, VM_PARAMS)
{
    *machine = (vm_machine){handler, VM_ARGS};
    return PIRN_OK;
}

#endif

#if !defined(VM_DISPATCH_LOOP)
static inline void vm_leave(VM_PARAMS)
{
    (void)pc, (void)fp, (void)mem, (void)len, (void)inst, (void)acc, (void)facc;
}
#endif

/* Goes on at the cell `pc` points to. */
#define VM_DISPATCH() VM_BECOME((vm_handler *)pc->handler)
/* Goes on behind this cell, which has `words` words. */
#define VM_NEXT(words) \
    do {               \
        pc += (words); \
        VM_DISPATCH(); \
    } while (0)
#define VM_GOTO(address) \
    do {                 \
        pc = (address);  \
        VM_DISPATCH();   \
    } while (0)

/* Runs from the given registers until a handler stops; returns its status. */
static inline int vm_dispatch_run(VM_PARAMS)
{
#if defined(VM_DISPATCH_LOOP)
    vm_machine machine = {(vm_handler *)pc->handler, VM_ARGS};
    int status = PIRN_OK;
    while (machine.handler != NULL) {
        vm_machine now = machine;
        status = now.handler(now.pc, now.fp, now.mem, now.len, now.inst, now.acc, now.facc, &machine);
    }
    return status;
#else
    return ((vm_handler *)pc->handler)(VM_ARGS);
#endif
}

/* ---- Slots and their images ---------------------------------------------------------------------------------------- */

#define VM_SLOT(offset) (*(pirn_slot *)(void *)(fp + (offset)))

/* An f32 in the float accumulator is the first half of its bytes; the rest holds anything. Said in vectors, this costs
 * Clang no instruction. */
#if defined(VM_DISPATCH_TAIL)
typedef float vm_f32x4 __attribute__((vector_size(16)));
typedef double vm_f64x2 __attribute__((vector_size(16)));

BASE_INLINE double vm_image_of_f32(float value)
{
    vm_f32x4 vector = {value, 0, 0, 0};
    vector = __builtin_shufflevector(vector, vector, 0, -1, -1, -1);
    return ((vm_f64x2)vector)[0];
}

BASE_INLINE float vm_f32_of_image(double image)
{
    vm_f64x2 vector = {image, 0};
    return ((vm_f32x4)vector)[0];
}
#else
BASE_INLINE double vm_image_of_f32(float value)
{
    double image = 0;
    memcpy(&image, &value, sizeof value);
    return image;
}

BASE_INLINE float vm_f32_of_image(double image)
{
    float value;
    memcpy(&value, &image, sizeof value);
    return value;
}
#endif
