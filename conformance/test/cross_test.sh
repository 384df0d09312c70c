#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Nothing assumes this machine: the libraries that need no other library build for a 64-bit ARM without a warning, when a cross
# compiler is installed (Debian: gcc-aarch64-linux-gnu). Run with qemu-user where that is there, too.
set -euo pipefail
root=$1
compiler=aarch64-linux-gnu-gcc
command -v "$compiler" >/dev/null || { echo "skipped: no $compiler (package gcc-aarch64-linux-gnu)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake -S "$root" -B "$work" -G Ninja -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER="$compiler" \
  -DCMAKE_BUILD_TYPE=Release -DPIRN_HOST=OFF -DPIRN_TESTS=OFF -DPIRN_WERROR=ON >"$work/log" 2>&1 &&
  cmake --build "$work" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ -f "$work/libpirn.a" ] || { echo "no libpirn.a was made"; exit 1; }

"$compiler" -std=c11 -static -I"$root/vm/base/include" -I"$root/vm/include" -I"$root/component/include" -o "$work/embed" \
  "$root/docs/examples/embed/embed.c" "$work/libpirn.a" -lm
qemu=$(command -v qemu-aarch64 qemu-aarch64-static | head -n 1 || true)
if [ -n "$qemu" ]; then
  [ "$("$qemu" "$work/embed" "$root/docs/examples/embed.wasm")" = "$(printf 'log 1: walking\nway: 11.0 to 3.0,10.0')" ]
  echo "built and run for aarch64"
else
  echo "built for aarch64 (not run: no qemu-user)"
fi
