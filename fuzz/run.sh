#!/usr/bin/env bash
# Builds the fuzzer with coverage counters and passes it the arguments; without arguments it says what it can do.
#
# The counters come from a pass of LLVM that stable Rust can run. `--target` keeps them out of build scripts and macros,
# which the development profile shares with the tests; with that profile come checks of overflow and assertions.
set -euo pipefail
cd "$(dirname "$0")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters" \
    CARGO_PROFILE_DEV_OPT_LEVEL=2 cargo build --quiet --package rhodium-fuzz --bin rho-fuzz --target "$host"

ulimit -v "${FUZZ_MEMORY_KIB:-4000000}" # an input that wants more is a failure
exec "target/$host/debug/rho-fuzz" "$@"
