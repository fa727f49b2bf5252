#!/usr/bin/env bash
# Colours and progress: on a terminal, and only there.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

escape=$(printf '\033')
green="${escape}[32m"
erase="${escape}[K"

mk run scale.mk.json
check "no terminal: no colour" no_out "$escape"
check "no terminal: no progress" quiet

if ! script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    skip "a terminal: there is no script(1) to make one"
    finish
fi

# terminal COMMAND: on a terminal; what it shows is in out.txt.
terminal() {
    status=0
    script -qec "$1" /dev/null </dev/null >out.txt 2>err.txt || status=$?
}

terminal "'$MULTIKERNEL' run scale.mk.json --retune"
check "terminal: done" exits 0
check "terminal: the pick is green" out "$green* "
check "terminal: progress" out "scale, n=1000: "
check "terminal: progress is erased" out "$erase"
terminal "'$MULTIKERNEL' run scale.mk.json --retune 2>err.txt"
check "stderr elsewhere: no progress" quiet
check "stderr elsewhere: still green" out "$green* "
terminal "'$MULTIKERNEL' run scale.mk.json --retune >out.2"
check "stdout elsewhere: still progress" out "$erase"
check "stdout elsewhere: no colour" equal "$(grep -c "$escape" out.2)" 0
terminal "'$MULTIKERNEL' run scale.mk.json --retune --json >out.2"
check "--json elsewhere: still progress" out "$erase"
NO_COLOR=1 terminal "'$MULTIKERNEL' run scale.mk.json"
check "NO_COLOR: no colour" no_out "$green"
MULTIKERNEL_LOG=info terminal "'$MULTIKERNEL' run scale.mk.json --retune"
check "log lines: no progress that they would run into" no_out "$erase"
TERM=dumb terminal "'$MULTIKERNEL' run scale.mk.json --retune"
check "TERM=dumb: no escape sequence" no_out "$escape"

finish
