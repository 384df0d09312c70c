#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the example components (the .wasm files beside this script) from their C sources: clang-19 and lld-19 make the core module,
# pirn ($PIRN) the component.
set -euo pipefail
cd "$(dirname "$0")"
pirn=${PIRN:-../../build/release/cli/pirn}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # NAME SOURCE WORLD
  mkdir -p "$work/$1/deps"
  cp "$1"/wit/*.wit "$work/$1/"
  cp -r ../../host/wit/. "$work/$1/deps/"
  clang-19 --target=wasm32-unknown-unknown -O2 -nostdlib -ffreestanding -Wall -Wextra -Wl,--no-entry -Wl,-z,stack-size=16384 \
    -o "$work/$1.core.wasm" "$1/$2"
  "$pirn" componentize --wit "$work/$1" --world "$3" --output "$1.wasm" "$work/$1.core.wasm"
}

build hello hello.c hello
build embed guest.c shapes
build values values.c values
build plugin guest.c demo
