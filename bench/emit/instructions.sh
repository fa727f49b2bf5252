#!/usr/bin/env bash
# Counts the instructions of one call of emitted code, each way: two runs under
# callgrind that differ in the number of calls, divided by that difference. The
# count includes the loop around the call, which is the same for every way. Then
# the hot path of a dispatcher, as the machine sees it.
#
#   bench/emit/instructions.sh PROGRAM
#
# PROGRAM is bench_emit.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../support/instructions.sh"

if (($# < 1)) || [[ $1 == --help ]]; then
    sed -n 's/^# \{0,1\}//; 2,10p' "$0"
    exit $(($# < 1 ? 2 : 0))
fi
program=$1
need valgrind
need objdump

# Tuning takes another number of instructions every time: in this mode there is none,
# and the first variant runs.
export MULTIKERNEL_MODE=cached MULTIKERNEL_DISABLE_CACHE=1

echo "| way              | instructions |   against |  ratio |"
echo "| ---------------- | -----------: | --------: | -----: |"
# row WAY AGAINST FEW MANY
row() {
    local each base
    each=$(per_call "$1" "$3" "$4" "$program")
    base=$(per_call "$2" "$3" "$4" "$program")
    awk -v way="$1" -v each="$each" -v base="$base" \
        'BEGIN { printf "| %-16s | %12.1f | %9.1f | %6.4f |\n", way, each, base,
                 each / base }'
}
row softmax softmax-hand 5 205
row transformer transformer-hand 5 505
row total total-hand 5 505
row tiny1-aot tiny1-hand 1000 11000
row tiny3-aot tiny3-hand 1000 11000
row tiny1-jit tiny1-aot 1000 11000
row tiny3-jit tiny3-aot 1000 11000
row aot direct 1000 11000
row jit pointer 1000 11000
row fleet pointer 1000 11000
row shapes pointer 1000 11000

echo
for function in spot_jit by_hand_pointer; do
    objdump -d --no-show-raw-insn --disassemble=$function "$program" |
        sed -n "/<$function>:/,/^\$/p"
done
