/* SPDX-License-Identifier: Apache-2.0 */
/* vmloop.c - a bytecode interpreter inside wasm: a switch in a loop (br_table heavy), an operand
 * stack and locals in linear memory. The guest program runs a small linear congruential loop.
 * usage: vmloop [iterations=4000000]  -> prints the guest's result. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, XOR, SHR, AND, DUP, SWAP, DROP, LT, JNZ, JMP, NOT, NOP, HALT };

static const int32_t prog[] = {
    /* 0*/ PUSH, 0, STORE, 0, PUSH, 12345, STORE, 1,           /* i = 0; x = 12345 */
    /* 8*/ LOAD, 1, PUSH, 1103515245, MUL, PUSH, 12345, ADD,   /* x * a + c */
    /*16*/ DUP, PUSH, 13, SHR, XOR, STORE, 1,                  /* x ^= x >> 13 */
    /*23*/ LOAD, 1, PUSH, 1, AND, JNZ, 36,                     /* if (x & 1) goto 36 */
    /*30*/ LOAD, 1, NOT, STORE, 1, NOP,                       /* x = ~x */
    /*36*/ LOAD, 0, PUSH, 1, ADD, STORE, 0,                    /* i++ */
    /*43*/ LOAD, 0, LOAD, 2, LT, JNZ, 8,                       /* while (i < n) */
    /*50*/ HALT};

__attribute__((noinline)) static uint32_t run(const int32_t *code, uint32_t *stack, uint32_t *local)
{
    const int32_t *pc = code;
    uint32_t *sp = stack, t;
    for (;;) {
        switch (*pc++) {
        case PUSH: *sp++ = (uint32_t)*pc++; break;
        case LOAD: *sp++ = local[*pc++]; break;
        case STORE: local[*pc++] = *--sp; break;
        case ADD: sp--; sp[-1] += sp[0]; break;
        case SUB: sp--; sp[-1] -= sp[0]; break;
        case MUL: sp--; sp[-1] *= sp[0]; break;
        case XOR: sp--; sp[-1] ^= sp[0]; break;
        case SHR: sp--; sp[-1] >>= sp[0] & 31; break;
        case AND: sp--; sp[-1] &= sp[0]; break;
        case DUP: sp[0] = sp[-1]; sp++; break;
        case SWAP: t = sp[-1]; sp[-1] = sp[-2]; sp[-2] = t; break;
        case DROP: sp--; break;
        case LT: sp--; sp[-1] = sp[-1] < sp[0]; break;
        case JNZ: if (*--sp) pc = code + *pc; else pc++; break;
        case JMP: pc = code + *pc; break;
        case NOT: sp[-1] = ~sp[-1]; break;
        case NOP: break;
        case HALT: return local[1];
        default: return 0xdeadu;
        }
    }
}

int main(int argc, char **argv)
{
    static uint32_t stack[64], local[4];
    local[2] = argc > 1 ? (uint32_t)atoi(argv[1]) : 4000000;
    uint32_t n = local[2];
    printf("vmloop %u = %u\n", n, run(prog, stack, local));
    return 0;
}
