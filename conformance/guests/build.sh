#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the guests that the tests run into the folder $1, with real toolchains: clang, rustc, and jco and binaryen from npm. A guest that
# cannot be built on this machine is left out, with the reason in NAME.missing: the tests that need it are then skipped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh FOLDER}
mkdir -p "$out"
out=$(cd "$out" && pwd)

missing() { # NAME REASON
  printf '%s\n' "$2" >"$out/$1.missing"
  printf 'guest %s is left out: %s\n' "$1" "$2" >&2
}

# make NAME "SOURCES" COMMAND...: runs the command when a source is newer than the guest.
make() {
  local name=$1 sources=$2 target="$out/$1.wasm" newer=false
  shift 2
  [ -f "$target" ] || newer=true
  for source in $sources "$here/build.sh"; do [ "$source" -nt "$target" ] && newer=true; done
  $newer || return 0
  rm -f "$target" "$out/$name.missing"
  if ! "$@" >"$out/$name.log" 2>&1 || [ ! -f "$target" ]; then
    rm -f "$target"
    missing "$name" "$(grep -v '^npm' "$out/$name.log" | tail -n 1 | cut -c1-200)"
  fi
}

# ---- C ------------------------------------------------------------------------------------------------------------
builtins=$(find /usr/lib/llvm-19 /usr/lib/clang -name 'libclang_rt.builtins-wasm32.a' 2>/dev/null | head -n 1)
compile_c() { clang-19 --target=wasm32-wasi "-O${level:-2}" -nodefaultlibs -o "$@" -lc "$builtins"; }
# Not optimised: else nothing is left of its malloc.
compile_plain() { level=0 compile_c "$@"; }
make hello "$here/hello.c" compile_c "$out/hello.wasm" "$here/hello.c"
make hello-cabi "$here/hello.c $here/cabi_realloc.c" compile_c "$out/hello-cabi.wasm" "$here/hello.c" "$here/cabi_realloc.c"
make small "$here/hello.c $here/cabi_realloc.c" \
  compile_c "$out/small.wasm" -Wl,-s "$here/hello.c" "$here/cabi_realloc.c"
make c-simd "$here/c-simd.c" compile_c "$out/c-simd.wasm" -msimd128 "$here/c-simd.c"
make trap "$here/debian-libc-trap.c" compile_plain "$out/trap.wasm" "$here/debian-libc-trap.c"
make trap-cabi "$here/debian-libc-trap.c $here/cabi_realloc.c" \
  compile_plain "$out/trap-cabi.wasm" "$here/debian-libc-trap.c" "$here/cabi_realloc.c"

make tail "$here/tail.c" compile_c "$out/tail.wasm" -mtail-call "$here/tail.c"
# Exceptions, in the form before the standard, which is what clang 19 makes.
make longjmp-legacy "$here/longjmp.c $here/longjmp_runtime.c $here/longjmp.h" compile_c "$out/longjmp-legacy.wasm" \
  -fwasm-exceptions -mllvm -wasm-enable-sjlj -I "$here/../.." "$here/longjmp.c" "$here/longjmp_runtime.c"
make exceptions-legacy "$here/exceptions.cc" compile_c "$out/exceptions-legacy.wasm" \
  -fwasm-exceptions -std=c++17 "$here/exceptions.cc"

# Without a C library: the Canonical ABI by hand.
compile_bare() {
  clang-19 --target=wasm32-unknown-unknown -O2 -nostdlib -ffreestanding -Wl,--no-entry -Wl,-z,stack-size=4096 -o "$@"
}
make sleeper-core "$here/sleeper.c" compile_bare "$out/sleeper-core.wasm" "$here/sleeper.c"

# A function of a component that uses the C library.
compile_reactor() { compile_c "$@" -nostartfiles -Wl,--no-entry -Wl,-s; }
make instant-core "$here/instant.c $here/cabi_realloc.c" \
  compile_reactor "$out/instant-core.wasm" "$here/instant.c" "$here/cabi_realloc.c"

# ---- Rust ---------------------------------------------------------------------------------------------------------
rust_target() {
  local target libdir
  for target in "$@"; do
    libdir=$(rustc --print target-libdir --target "$target" 2>/dev/null) && [ -d "$libdir" ] && { echo "$target"; return; }
  done
  return 1
}
# Debian's rustc has no linker of its own for this, and its libraries are older than what wasm-ld-19 takes.
compile_rust() { rustc --edition 2021 -O "$@" || rustc --edition 2021 -O -C linker=wasm-ld-14 "$@"; }
if target=$(rust_target wasm32-wasip1 wasm32-wasi); then
  make rust "$here/guest.rs" compile_rust --target "$target" -o "$out/rust.wasm" "$here/guest.rs"
else
  missing rust "rustc has no target wasm32-wasip1 or wasm32-wasi"
fi
if target=$(rust_target wasm32-wasip2); then
  make rust-component "$here/guest.rs" compile_rust --target "$target" -o "$out/rust-component.wasm" "$here/guest.rs"
else
  missing rust-component "rustc has no target wasm32-wasip2"
fi

# ---- By npm: components (jco), exceptions in the form of the standard (binaryen) ------------------------------------
# jco and what it needs want Node.js 20. Where the system's is older (Debian 12 has 18), npm has one, for this folder only.
use_node() {
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] && return 0
  if [ ! -x "$out/node/node_modules/node/bin/node" ]; then
    mkdir -p "$out/node"
    (cd "$out/node" && echo '{"private": true}' >package.json && npm install --no-audit --no-fund node@20) >"$out/node.log" 2>&1 || return 1
  fi
  PATH="$out/node/node_modules/node/bin:$PATH"
}
install_jco() {
  [ -f "$out/npm/.installed" ] && [ "$out/npm/.installed" -nt "$here/package.json" ] && return 0
  mkdir -p "$out/npm"
  cp "$here/package.json" "$out/npm/"
  (cd "$out/npm" && npm install --no-audit --no-fund) >"$out/npm.log" 2>&1 && touch "$out/npm/.installed"
}
jco() { "$out/npm/node_modules/.bin/jco" "$@"; }
of_npm="hello-component small-component trap-component trap-cabi-component sleeper instant qjs starling starling-instant longjmp exceptions"
if ! command -v npm >/dev/null; then
  for name in $of_npm; do missing "$name" "npm is not installed"; done
elif ! use_node || ! install_jco; then
  for name in $of_npm; do missing "$name" "npm install of jco failed (see npm.log)"; done
else
  standardize() { "$out/npm/node_modules/.bin/wasm-opt" --all-features --translate-to-exnref -o "$out/$1.wasm" "$out/$1-legacy.wasm"; }
  make longjmp "$out/longjmp-legacy.wasm" standardize longjmp
  make exceptions "$out/exceptions-legacy.wasm" standardize exceptions

  make hello-component "$out/hello-cabi.wasm" jco new "$out/hello-cabi.wasm" --wasi-command -o "$out/hello-component.wasm"
  make small-component "$out/small.wasm" jco new "$out/small.wasm" --wasi-command -o "$out/small-component.wasm"
  make trap-component "$out/trap.wasm" jco new "$out/trap.wasm" --wasi-command -o "$out/trap-component.wasm"
  make trap-cabi-component "$out/trap-cabi.wasm" jco new "$out/trap-cabi.wasm" --wasi-command -o "$out/trap-cabi-component.wasm"

  # Each guest's world, over the WIT of this project's own host.
  rm -rf "$out/wit"
  for world in "$here"/wit/*/; do
    world=$(basename "$world")
    mkdir -p "$out/wit/$world/deps"
    cp "$here/wit/$world"/*.wit "$out/wit/$world/"
    cp -r "$here/../../host/wit/." "$out/wit/$world/deps/"
  done
  embed() { # NAME WORLD CORE
    jco embed --wit "$out/wit/$2" -n "$2" -o "$out/$1.embedded" "$3" && jco new -o "$out/$1.wasm" "$out/$1.embedded"
  }
  make sleeper "$out/sleeper-core.wasm $here/wit/sleeper/world.wit" embed sleeper sleeper "$out/sleeper-core.wasm"
  embed_reactor() { # NAME WORLD CORE
    jco embed --wit "$out/wit/$2" -n "$2" -o "$out/$1.embedded" "$3" &&
      jco new --wasi-reactor -o "$out/$1.wasm" "$out/$1.embedded"
  }
  make instant "$out/instant-core.wasm $here/wit/instant/world.wit" embed_reactor instant instant "$out/instant-core.wasm"
  cat "$here/console.js" "$here/script.js" >"$out/qjs.js"
  make qjs "$here/console.js $here/script.js $out/npm/.installed" \
    jco componentize "$out/qjs.js" --wit "$out/wit/command" -n command --backend qjs -o "$out/qjs.wasm"
  make starling "$here/script.js $out/npm/.installed" \
    jco componentize "$here/script.js" --wit "$out/wit/command" -n command -o "$out/starling.wasm"
  make starling-instant "$here/instant.js $here/wit/instant/world.wit $out/npm/.installed" \
    jco componentize "$here/instant.js" --wit "$out/wit/instant" -n instant -o "$out/starling-instant.wasm"
fi
