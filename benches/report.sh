#!/usr/bin/env bash
# Runs all benches and writes what they measure to BENCHMARKS.md, with the machine and the commit.
set -euo pipefail
cd "$(dirname "$0")/.."

describe() {
    processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
    memory=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
    printf '# Benchmarks\n\nWritten by `benches/report.sh`, not by hand. Compare ratios rather than times: machines differ, and the same '
    printf 'machine does\nfrom hour to hour. `benches/instructions.sh` counts instructions instead, where there is valgrind.\n\n'
    printf -- '- commit: %s\n' "$(git describe --always --dirty)"
    printf -- '- machine: %s, %s threads, %s\n' "${processor:-unknown processor}" "$(nproc)" "$memory"
    printf -- '- compiler: %s\n' "$(rustc --version)"
}

cargo bench --quiet --no-run
{
    describe
    for bench in engine growth cancellation memory frontend genesis store; do
        printf '\n## %s\n\n```\n' "$bench"
        cargo bench --quiet --bench "$bench" -- --tables | sed '/./,$!d'
        printf '```\n'
    done
} >target/benchmarks.md
mv target/benchmarks.md BENCHMARKS.md
