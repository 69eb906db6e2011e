#!/usr/bin/env bash
# Counts the instructions of a fixed set of commands and compares them with benches/instructions.txt: a check for
# regressions that does not depend on how busy a machine is. It needs valgrind, and counts for one kind of processor and
# one version of Rust; `--update` writes the counts anew.
set -euo pipefail
cd "$(dirname "$0")/.."

expected=benches/instructions.txt
allowed=3 # per cent
cargo build --quiet --release --bin rho
rho="${CARGO_TARGET_DIR:-target}/release/rho"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name and arguments of `rho`, one a line
commands() {
    for program in benches/instructions/*.rho; do
        printf '%s run --bare %s\n' "$(basename "$program" .rho)" "$program"
    done
    printf 'compile norm rholang/system/MakeMint.rho\n'
    printf 'check check rholang/system\n'
    printf 'format fmt --check rholang/system\n'
    printf 'genesis genesis build --bonds examples/genesis/bonds.txt --wallets examples/genesis/wallets.txt'
    printf ' --key examples/genesis/creator.sk --store %s/store --out %s/block.bin\n' "$work" "$work"
}

commands | while read -r name arguments; do
    # shellcheck disable=SC2086 # the arguments are words
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$rho" $arguments >"$work/out" 2>"$work/err" ||
        { cat "$work/err" >&2; exit 1; }
    printf '%s %s\n' "$name" "$(sed -n 's/.*Collected : //p' "$work/err")"
done >"$work/counts"

if [[ ${1:-} == --update ]]; then
    cp "$work/counts" "$expected"
fi
awk -v allowed="$allowed" '
    NR == FNR { before[$1] = $2; next }
    {
        change = ($1 in before) ? ($2 / before[$1] - 1) * 100 : 0
        worse = change > allowed
        failed = failed || worse
        printf "%-12s %14d %+7.2f %%%s\n", $1, $2, change, worse ? "  more than allowed" : ""
    }
    END { exit failed }
' "$expected" "$work/counts"
