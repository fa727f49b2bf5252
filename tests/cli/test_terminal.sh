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
terminal "'$MULTIKERNEL' emit dispatcher scale.mk.json -o gen --pass aot --retune"
check "emit: progress" out "scale: compiling ..."
check "emit: progress of the tuning" out "% timing "
check "emit: progress is erased" out "${erase}gen/scale_mk.c"

# ---- Narrow terminals ---------------------------------------------------------

long_name=a_variant_with_a_name_that_is_far_too_long_for_a_narrow_terminal
definition wide "$slow, {\"name\": \"$long_name\", \"entry\": \"plain\"},
    {\"name\": \"future\", \"entry\": \"plain\",
     \"requires\": {\"cpu\": [\"a_feature_of_the_future_1\"]}},
    {\"name\": \"later\", \"entry\": \"plain\",
     \"requires\": {\"cpu\": [\"a_feature_of_the_future_1\"]}}" >wide.mk.json
mk run wide.mk.json
check "no terminal: a variant is one line" out_like "^\\* +$long_name +[0-9]"
check "no terminal: a note is one line" \
    out_like '^future, later: ineligible: .*this machine lacks$'
NO_COLOR=1 terminal "stty cols 80; '$MULTIKERNEL' run wide.mk.json 2>/dev/null"
tr -d '\r' <out.txt >narrow.txt
cp narrow.txt out.txt
check "80 columns: no line is longer but the file's" \
    [ -z "$(grep -v '^file: ' out.txt | grep -E '^.{81}')" ]
check "80 columns: a long name stands alone" out_like "^\\* +$long_name\$"
check "80 columns: its figures are below" out_like '^ +[0-9.]+ [mun]?s +[0-9.]+ \.\. .* ok$'
check "80 columns: a note goes on, indented" out_like '^    .*lacks$'

finish
