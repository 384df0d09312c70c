#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is installed works by itself: the embedding example of docs/embedding.md is compiled against the installed headers and
# libraries, by pkg-config (static and shared) and by the CMake package, and run; the program runs; no header is missing.
set -euo pipefail
build=$1 root=$2 cc=$3 flags=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

cmake --install "$build" --prefix "$prefix" >"$work/install.log"
libdir=$(dirname "$(find "$prefix" -name libpirn.a)")
export PKG_CONFIG_PATH=$libdir/pkgconfig
# The package was configured for another prefix: pkg-config is told where it is now.
pkg() { pkg-config --define-variable=prefix="$prefix" "$@" pirn; }

expected=$(printf 'log 1: walking\nway: 11.0 to 3.0,10.0')
check() { # HOW PROGRAM
  local got
  got=$("$2" "$root/docs/examples/embed.wasm")
  [ "$got" = "$expected" ] || { echo "$1: printed: $got"; exit 1; }
  echo "$1: ok"
}

# shellcheck disable=SC2046,SC2086
"$cc" -std=c11 -Wall -Wextra -Werror $flags -o "$work/shared" "$root/docs/examples/embed/embed.c" $(pkg --cflags --libs) \
  -Wl,-rpath,"$libdir"
check "pkg-config, shared" "$work/shared"
# shellcheck disable=SC2046,SC2086
"$cc" -std=c11 $flags -o "$work/static" "$root/docs/examples/embed/embed.c" $(pkg --cflags) "$libdir/libpirn.a" \
  $(pkg --static --libs-only-other) -lm -luv
check "pkg-config, static" "$work/static"

# shellcheck disable=SC2046,SC2086
"$cc" -std=c11 -Wall -Wextra -Werror $flags -o "$work/rest" "$root/docs/examples/embed/rest.c" $(pkg --cflags --libs) -Wl,-rpath,"$libdir"
got=$("$work/rest" "$root/docs/examples/embed.wasm" way '({x: 0, y: 0}, [{x: 3, y: 4}])')
[ "$got" = "$(printf 'example:embed/log@1.0.0 write 1 "walking"\n"5.0 to 3.0,4.0"')" ] || { echo "rest: printed: $got"; exit 1; }
echo "rest: ok"

mkdir "$work/cmake"
cat >"$work/cmake/CMakeLists.txt" <<'TEXT'
cmake_minimum_required(VERSION 3.22)
project(embed C)
find_package(pirn REQUIRED)
add_executable(embed ${SOURCE})
target_link_libraries(embed PRIVATE pirn::shared)
TEXT
cmake -S "$work/cmake" -B "$work/cmake/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DSOURCE="$root/docs/examples/embed/embed.c" \
  -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="$flags" >"$work/cmake.log" && cmake --build "$work/cmake/build" >>"$work/cmake.log" ||
  { cat "$work/cmake.log"; exit 1; }
check "CMake package" "$work/cmake/build/embed"

for header in base vm component wit host; do
  echo "#include <pirn/$header.h>" >"$work/one.c"
  # shellcheck disable=SC2046
  "$cc" -std=c11 -Wall -Wextra -Werror -fsyntax-only $(pkg --cflags) "$work/one.c"
done
echo "headers: each stands alone"

"$prefix/bin/pirn" "$root/docs/examples/hello.wasm" | grep -qx 'Hello from a component!'
grep -q 'SH "PIRN RUN"' "$prefix/share/man/man1/pirn.1"
bash -n "$prefix/share/bash-completion/completions/pirn"
echo "program, manual, completion: ok"
symbols=$(nm -D --defined-only "$libdir/libpirn.so" | awk '$2 ~ /[A-Z]/ && $3 !~ /^pirn_/ {print $3}' | grep -v '^_' || true)
[ -z "$symbols" ] || { echo "symbols that should be hidden: $symbols"; exit 1; }
echo "symbols: only pirn_"
