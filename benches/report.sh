#!/usr/bin/env bash
# Runs the benches that are named, or all, and writes what they measure to BENCHMARKS.md, with the machine and the commit.
# What it says of the others stays.
set -euo pipefail
cd "$(dirname "$0")/.."
benches=(engine growth cancellation memory frontend genesis store)
named=("${@:-${benches[@]}}")

describe() {
    processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
    memory=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
    printf '# Benchmarks\n\nWritten by `benches/report.sh`, not by hand. Compare ratios rather than times: machines differ, and the same '
    printf 'machine does\nfrom hour to hour. `benches/instructions.sh` counts instructions instead, where there is valgrind.\n\n'
    printf -- '- machine: %s, %s threads, %s\n' "${processor:-unknown processor}" "$(nproc)" "$memory"
    printf -- '- compiler: %s\n' "$(rustc --version)"
}

cargo bench --quiet --no-run
{
    describe
    for bench in "${benches[@]}"; do
        if [[ " ${named[*]} " == *" $bench "* ]]; then
            printf '\n## %s\n\nCommit %s.\n\n```\n' "$bench" "$(git describe --always --dirty)"
            cargo bench --quiet --bench "$bench" -- --tables | sed '/./,$!d'
            printf '```\n'
        else
            printf '\n'
            awk -v title="## $bench" '/^## / { on = $0 == title } on' BENCHMARKS.md | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
        fi
    done
} >target/benchmarks.md
mv target/benchmarks.md BENCHMARKS.md
