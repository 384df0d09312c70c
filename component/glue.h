/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small core modules that stand between a component's core modules when it is made from them.
 *
 * A module's imports are made before its memory is, but lowering an import needs the memory. So the module gets functions of
 * a *shim* in their place, which call through a table; when there is a memory the *fixup* fills the table:
 *
 *   instance shim  = shim             exports "0" "1" ..: (call_indirect $i) and the table "$imports"
 *   instance main  = module           with "a:b/c" "f" = shim "0" ..
 *   func f         = canon lower      with main's memory and realloc
 *   instance fixup = fixup            with "0" = f .. and shim's table: an element segment
 */
#pragma once

#include "component/type.h"
#include "vm/binary/writer.h"

/* The name of the table of a shim. */
#define CM_SHIM_TABLE "$imports"

typedef BASE_VEC(const pirn_functype *) cm_functypes;

void cm_glue_shim(vm_writer *out, const cm_functypes *slots);
void cm_glue_fixup(vm_writer *out, const cm_functypes *slots);
/* A module whose start function is its import "" "". */
void cm_glue_start(vm_writer *out);
/* With the memory "env" "memory": exports "cabi_realloc", which gives a new page for each request of up to that size. */
void cm_glue_page_realloc(vm_writer *out);
/* Exports "0" "1" ..: functions that trap. */
void cm_glue_unreachable(vm_writer *out, const cm_functypes *slots);
