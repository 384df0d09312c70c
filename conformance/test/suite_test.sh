#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs one part of an official suite. Usage: suite_test.sh PIRN ROOT SUITE PART [OPTIONS OF pirn wast]
# SUITE is spec or component-model/test. It lies in ROOT/../shared or in $PIRN_SUITES; without it the test is skipped
# (77), and also where this build has not what all of the part needs.
# PART is a folder of it, "core" for the scripts at its top, or "all".
set -u
pirn=$1 root=$2 name=$3 part=$4
shift 4
suite=$root/../shared/$name
if [ ! -d "$suite" ]; then
    suite=${PIRN_SUITES:-/nonexistent}/$name
fi
if [ ! -d "$suite" ]; then
    echo "skipped: there is no ../shared/$name, and PIRN_SUITES does not lead to one"
    exit 77
fi
case $part in
core) set -- "$@" "$suite"/*.wast ;;
all) set -- "$@" "$suite" ;;
*) set -- "$@" "$suite/$part" ;;
esac
output=$("$pirn" wast --expected "$root/conformance/expected_failures.txt" "$@")
code=$?
printf '%s\n' "$output"
[ $code -eq 0 ] || exit $code
# Where nothing could be run, nothing has passed.
printf '%s\n' "$output" | tail -n 1 | grep -q '^0 passed, 0 failed' && exit 77
exit 0
