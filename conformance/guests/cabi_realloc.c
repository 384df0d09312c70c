/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *p, size_t os, size_t al, size_t ns){ (void)os; (void)al; if(ns==0) return (void*)al; void *r=realloc(p,ns); if(!r) __builtin_trap(); return r; }
