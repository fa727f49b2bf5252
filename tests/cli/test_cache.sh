#!/usr/bin/env bash
# The cache folder when it is not as it should be: that costs the memory of the
# pick, and never the run.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- A file where the folder should be --------------------------------------

echo "not a folder" >file
MULTIKERNEL_CACHE_DIR=$work/file MULTIKERNEL_LOG=warning counted run scale.mk.json
check "a file for a folder: done" exits 0
check "a file for a folder: measured" out "plain, from the benchmark"
check "a file for a folder: not stored" out "the pick is not stored"
check "a file for a folder: the log says why" err "$work/file"
check "a file for a folder: left alone" equal "$(cat file)" "not a folder"
MULTIKERNEL_CACHE_DIR=$work/file mk picks list
check "a file for a folder, picks: wrong input" exits 2
check "a file for a folder, picks: named" err "$work/file"

# ---- A full disk: no file may grow ------------------------------------------

mk run scale.mk.json
mk picks clear --all # the compiled kernels stay
# Past the limit, and with its signal ignored, a write fails as on a full disk.
status=0
(
    trap '' XFSZ
    ulimit -f 0
    MULTIKERNEL_LOG=warning "$MULTIKERNEL" run scale.mk.json \
        --no-isolate </dev/null 2>&1 # memory that is shared is a file too
    echo "exit status $?"
) | cat >out.txt
: >err.txt
check "a full disk: done" out "exit status 0"
check "a full disk: measured" out "plain, from the benchmark"
check "a full disk: not stored" out "the pick is not stored"
check "a full disk: the log says why" \
    out_like '^multikernel: warning: .*File too large'
check "a full disk: nothing half-written" \
    [ -z "$(find cache -path '*objects*' -prune -o -type f -size +0 -name '*.pick*' -print)" ]

# ---- A folder that can't be written -----------------------------------------

mk run scale.mk.json
mk picks clear --all
if [ "$(id -u)" -ne 0 ]; then
    as_user=()
elif setpriv --reuid 65534 --clear-groups test -x "$MULTIKERNEL" 2>/dev/null; then
    as_user=(setpriv --reuid 65534 --clear-groups) # root may write anywhere
fi
if [ -n "${as_user+set}" ]; then
    chmod -R a+rX "$work"
    chmod -R a-w cache
    status=0
    MULTIKERNEL_LOG=warning "${as_user[@]}" "$MULTIKERNEL" run scale.mk.json \
        >out.txt 2>err.txt </dev/null || status=$?
    check "a read-only folder: done" exits 0
    check "a read-only folder: measured" out "plain, from the benchmark"
    check "a read-only folder: not stored" out "the pick is not stored"
    check "a read-only folder: the log says why" err "Permission denied"
    chmod -R u+w cache
else
    skip "a read-only folder: root may write anywhere, and no other user may run $MULTIKERNEL"
fi

# ---- Pick files that can't be used ------------------------------------------

# corrupt TITLE COMMAND...: what COMMAND, with the file's name added, makes of a
# good pick file is a miss: measured again, told why, and good again.
corrupt() {
    local title=$1
    shift
    mk run scale.mk.json
    "$@" "$(find cache -name '*.pick')"
    MULTIKERNEL_LOG=info counted run scale.mk.json
    check "$title: done" exits 0
    check "$title: measured again" [ "$calls" -gt 10 ]
    check "$title: the log says why" err_like '^multikernel: info: .*\.pick'
    counted run scale.mk.json
    check "$title: good again" equal "$calls" 1
}

make_empty() {
    : >"$1"
}

make_garbage() {
    head -c 4096 /dev/urandom >"$1"
}

make_short() {
    head -c "$(($(wc -c <"$1") / 2))" "$1" >short
    cp short "$1"
}

make_foreign() {
    echo '{"some": "other", "program": 1}' >"$1"
}

make_folder() {
    rm "$1"
    mkdir "$1"
}

corrupt "an empty pick" make_empty
corrupt "a pick of random bytes" make_garbage
corrupt "half a pick" make_short
corrupt "a pick of another program" make_foreign
corrupt "an index out of range" sed -i '1s/"index":1/"index":7/'
corrupt "a variant that is not there" sed -i 's/"plain"/"unplain"/g'

# A folder in the pick's place can't be replaced, but must do no harm.
make_folder "$(find cache -name '*.pick')"
counted run scale.mk.json
check "a folder for a pick: done" exits 0
check "a folder for a pick: measured" [ "$calls" -gt 10 ]

# ---- No folder is known at all ----------------------------------------------

status=0
env -u MULTIKERNEL_CACHE_DIR -u XDG_CACHE_HOME -u HOME "$MULTIKERNEL" \
    run scale.mk.json >out.txt 2>err.txt </dev/null || status=$?
check "no HOME: done" exits 0
check "no HOME: not stored" out "the pick is not stored"
status=0
env -u MULTIKERNEL_CACHE_DIR XDG_CACHE_HOME="$work/xdg" "$MULTIKERNEL" \
    run scale.mk.json >out.txt 2>err.txt </dev/null || status=$?
check "XDG_CACHE_HOME: stored there" out "$work/xdg/multikernel/"
status=0
env -u MULTIKERNEL_CACHE_DIR -u XDG_CACHE_HOME HOME="$work/home" \
    "$MULTIKERNEL" run scale.mk.json >out.txt 2>err.txt </dev/null || status=$?
check "HOME: stored there" out "$work/home/.cache/multikernel/"

finish
