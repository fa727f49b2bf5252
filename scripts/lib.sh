# shellcheck shell=bash
# Sourced by the scripts beside it: puts them in the repository's root and lends
# them two helpers.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

say() {
    printf '%s\n' "$*"
}

# quietly COMMAND...: its output is shown only if it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        cat "$log" >&2
        say "failed: $*" >&2
    fi
    rm -f "$log"
    return "$status"
}

# c_sources FOLDER...: our C files in those that exist, NUL-terminated, but for
# what we emit (tests/golden).
c_sources() {
    local folder
    for folder in "$@"; do
        [ -d "$folder" ] || continue
        find "$folder" -path tests/golden -prune -o \
            -name '*.[ch]' -type f -print0
    done
}
