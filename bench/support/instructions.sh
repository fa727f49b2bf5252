# shellcheck shell=bash
# What the benchmarks' instructions.sh share: instructions of one call, as the
# difference of two runs under callgrind, divided by that of their calls.

need() {
    command -v "$1" >/dev/null || {
        echo "instructions.sh: $1 is needed (Debian: valgrind, binutils)" >&2
        exit 1
    }
}

# count_run WAY CALLS PROGRAM [OPTION]...: instructions of a whole run.
count_run() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "${@:3}" \
        --way "$1" --calls "$2" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# per_call WAY FEW MANY PROGRAM [OPTION]...
per_call() {
    local less more
    less=$(count_run "$1" "$2" "${@:4}")
    more=$(count_run "$1" "$3" "${@:4}")
    awk -v less="$less" -v more="$more" -v calls=$(($3 - $2)) \
        'BEGIN { printf "%.1f", (more - less) / calls }'
}
