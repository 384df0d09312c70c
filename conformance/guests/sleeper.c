/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeps 100 ms through wasi:clocks and ends: world `sleeper` of wit/guests.wit, without a C library. */
#include <stdint.h>

__attribute__((import_module("wasi:clocks/monotonic-clock@0.2.12"), import_name("subscribe-duration"))) int32_t subscribe(int64_t ns);
__attribute__((import_module("wasi:io/poll@0.2.12"), import_name("[method]pollable.block"))) void block(int32_t pollable);
__attribute__((import_module("wasi:io/poll@0.2.12"), import_name("[resource-drop]pollable"))) void drop(int32_t pollable);

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int32_t run(void)
{
    int32_t pollable = subscribe(100 * 1000 * 1000);
    block(pollable);
    drop(pollable);
    return 0;
}
