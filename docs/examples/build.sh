#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the example components (the .wasm files beside this script) from their C sources. Needs clang-19 and lld-19, and jco in
# the folder of test guests: run `./dev guests` first.
set -euo pipefail
cd "$(dirname "$0")"
jco=../../build/guests/npm/node_modules/.bin/jco
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # NAME SOURCE WORLD
  mkdir -p "$work/$1/deps"
  cp "$1"/wit/*.wit "$work/$1/"
  cp -r ../../host/wit/. "$work/$1/deps/"
  clang-19 --target=wasm32-unknown-unknown -O2 -nostdlib -ffreestanding -Wall -Wextra -Wl,--no-entry -Wl,-z,stack-size=16384 \
    -o "$work/$1.core.wasm" "$1/$2"
  "$jco" embed --wit "$work/$1" -n "$3" -o "$work/$1.embedded.wasm" "$work/$1.core.wasm"
  "$jco" new -o "$1.wasm" "$work/$1.embedded.wasm"
}

build hello hello.c hello
build embed guest.c shapes
build values values.c values
build plugin guest.c demo
