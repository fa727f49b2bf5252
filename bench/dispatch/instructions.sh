#!/usr/bin/env bash
# Counts the instructions of one call, each way: two runs under callgrind that
# differ in the number of calls, divided by that difference. The count includes
# the loop around the call, which is the same for every way.
#
#   bench/dispatch/instructions.sh PROGRAM [ARGUMENTS]
#
# PROGRAM is bench_dispatch; ARGUMENTS the number of arguments (4).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../support/instructions.sh"

if (($# < 1)) || [[ $1 == --help ]]; then
    sed -n 's/^# \{0,1\}//; 2,9p' "$0"
    exit $(($# < 1 ? 2 : 0))
fi
program=$1
arguments=${2:-4}
need valgrind

direct=$(per_call direct 1000 11000 "$program" --arguments "$arguments")
echo "Instructions a call, $arguments arguments:"
echo
echo "| way            | instructions | over direct |"
echo "| -------------- | -----------: | ----------: |"
for way in direct pointer entry run anew bound class class-bound filtered \
    filtered-bound bind; do
    each=$(per_call "$way" 1000 11000 "$program" --arguments "$arguments")
    awk -v way="$way" -v each="$each" -v direct="$direct" \
        'BEGIN { printf "| %-14s | %12.1f | %11.1f |\n", way, each,
                 each - direct }'
done
