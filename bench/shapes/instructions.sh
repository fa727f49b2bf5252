#!/usr/bin/env bash
# Counts the instructions of one call by shape, each way: two runs under callgrind
# that differ in the number of calls, divided by that difference. The count
# includes the loop around the call, which is the same for every way.
#
#   bench/shapes/instructions.sh PROGRAM
#
# PROGRAM is bench_shapes; the calls have 4 arguments, by dimensions 2.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../support/instructions.sh"

if (($# != 1)) || [[ $1 == --help ]]; then
    sed -n 's/^# \{0,1\}//; 2,9p' "$0"
    exit $(($# != 1 ? 2 : 0))
fi
program=$1
need valgrind

direct=$(per_call direct 1000 11000 "$program")
echo "| way               | instructions | over direct |"
echo "| ----------------- | -----------: | ----------: |"
for way in direct plain bound same random same-dimensions random-dimensions; do
    each=$(per_call "$way" 1000 11000 "$program")
    awk -v way="$way" -v each="$each" -v direct="$direct" \
        'BEGIN { printf "| %-17s | %12.1f | %11.1f |\n", way, each,
                 each - direct }'
done
