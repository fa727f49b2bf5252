#!/usr/bin/env bash
# Counts the instructions of one call by shape, each way: two runs under callgrind
# that differ in the number of calls, divided by that difference. The count
# includes the loop around the call, which is the same for every way.
#
#   bench/shapes/instructions.sh PROGRAM
#
# PROGRAM is bench_shapes; the calls have 4 arguments, by dimensions 2.
set -euo pipefail

if (($# != 1)) || [[ $1 == --help ]]; then
    sed -n 's/^# \{0,1\}//; 2,9p' "$0"
    exit $(($# != 1 ? 2 : 0))
fi
program=$1
few=1000
many=11000

command -v valgrind >/dev/null || {
    echo "instructions.sh: valgrind is needed (Debian: valgrind)" >&2
    exit 1
}

# Instructions of a whole run of CALLS calls the WAY.
count() {
    local way=$1 calls=$2
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" \
        --way "$way" --calls "$calls" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

per_call() {
    local less more
    less=$(count "$1" "$few")
    more=$(count "$1" "$many")
    awk -v less="$less" -v more="$more" -v calls=$((many - few)) \
        'BEGIN { printf "%.1f", (more - less) / calls }'
}

direct=$(per_call direct)
echo "| way               | instructions | over direct |"
echo "| ----------------- | -----------: | ----------: |"
for way in direct plain bound same random same-dimensions random-dimensions; do
    each=$(per_call "$way")
    awk -v way="$way" -v each="$each" -v direct="$direct" \
        'BEGIN { printf "| %-17s | %12.1f | %11.1f |\n", way, each,
                 each - direct }'
done
