#!/usr/bin/env bash
# `multikernel emit`: C from definitions and programs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

: "${CC:=cc}"

# files_of FOLDER: its files' names, in one line.
files_of() {
    ls "$1" 2>/dev/null | tr '\n' ' '
}

# listed FOLDER: the names of its files that the output lists, in one line.
listed() {
    sed -n "s,^$1/,,p" out.txt | tr '\n' ' '
}

# builds PROGRAM SOURCE...: as C11, without the library.
builds() {
    local program=$1
    shift
    "$CC" -std=c11 -Wall -Wextra -pedantic -Werror -o "$program" "$@" -lm \
        >cc.txt 2>&1
}

# program NAME CALLS [MEMBERS]: prints a program of the calls listed, from x by way
# of a, b and c to y.
program() {
    local buffers='' name
    for name in a b c; do
        [[ $2 == *"\"$name\""* ]] &&
            buffers+="${buffers:+,}{\"name\": \"$name\", \"type\": \"float32*\", \"shape\": [\"n\"]}"
    done
    cat <<JSON
{
  "multikernel": 1,
  "program": "$1",${3:-}
  "trial_sizes": {"n": 1000},
  "inputs": [{"name": "x", "type": "float32*", "shape": ["n"]}],
  "outputs": [{"name": "y", "type": "float32*", "shape": ["n"]}],
  "buffers": [$buffers],
  "calls": [
    $2
  ]
}
JSON
}

# call FROM TO [DEFINITION]: a call.
call() {
    echo "{\"kernel\": \"${3:-scale}.mk.json\", \"args\": {\"x\": \"$1\", \"y\": \"$2\"}}"
}

program four "$(call x a), $(call a b), $(call b c), $(call c y)" >four.mk.json
program once "$(call x y)" >once.mk.json

# ---- Wrong command lines ----------------------------------------------------

# refused TEXT ARGUMENT...
refused() {
    local text=$1
    shift
    mk emit "$@"
    check "emit $*: wrong input" exits 2
    check "emit $*: says why" err "$text"
    check "emit $*: nothing on stdout" [ ! -s out.txt ]
}

refused "one of dispatcher and wrapper is missing"
refused "one of dispatcher and wrapper is missing" -o gen
refused "expected dispatcher or wrapper, got 'program'" program -o gen
refused "a definition is missing" dispatcher -o gen
refused "a program is missing" wrapper -o gen
refused "-o DIR is missing" dispatcher scale.mk.json
refused "-o: expected a folder, got ''" dispatcher scale.mk.json -o ''
refused "option requires an argument -- 'o'" dispatcher scale.mk.json -o
refused "--pass: expected jit or aot, got 'both'" \
    dispatcher scale.mk.json -o gen --pass both
refused "--policy: expected nearest, measure or nearest-k, got 'best'" \
    dispatcher scale.mk.json -o gen --policy best
refused "--size: expected NAME=INTEGER, got 'n'" \
    dispatcher scale.mk.json -o gen --size n
refused "--main is for wrappers" dispatcher scale.mk.json -o gen --main
refused "--size: a wrapper has one value for each size" \
    wrapper once.mk.json -o gen --size n=1 --size n=2
refused "--size: a wrapper has one value for each size" \
    wrapper once.mk.json -o gen --size n=1:4:x2
refused "--choices is for --pass aot" \
    dispatcher scale.mk.json -o gen --choices picks.json
refused "--policy is for --pass jit" \
    dispatcher scale.mk.json -o gen --pass aot --policy measure
refused "--record is for what is chosen now" \
    dispatcher scale.mk.json -o gen --pass aot --choices a.json --record b.json
refused "picks.json" \
    dispatcher scale.mk.json -o gen --pass aot --choices picks.json
refused "gone.mk.json" dispatcher gone.mk.json scale.mk.json -o gen
refused "there is no size 'm'" dispatcher scale.mk.json -o gen --size m=3
refused "'m'" wrapper once.mk.json -o gen --size m=3

refused "this is a program" dispatcher once.mk.json -o gen
check "a program: names the other word" \
    err "Try 'multikernel emit wrapper once.mk.json'."
refused "this is the definition of one multi-kernel" wrapper scale.mk.json -o gen
check "a definition: names the other word" \
    err "Try 'multikernel emit dispatcher scale.mk.json'."
echo '{"multikernel": 1, "name": "bad"}' >bad.mk.json
refused "bad.mk.json" dispatcher bad.mk.json -o gen
check "a definition that is wrong: stays one" no_err "Try"

# ---- Names ------------------------------------------------------------------

definition scale "$slow" >same.mk.json
definition sca.le "$slow" >dot.mk.json
definition sca-.le- "$slow" >dash.mk.json
refused "scale.mk.json ('scale') and same.mk.json ('scale') would write files of the same name into gen" \
    dispatcher scale.mk.json same.mk.json -o gen
refused "scale.mk.json ('scale') and scale.mk.json ('scale') would" \
    dispatcher scale.mk.json scale.mk.json -o gen
refused "would write files of the same name" \
    dispatcher dot.mk.json dash.mk.json -o gen
program once_main "$(call x y)" >once_main.mk.json
program once_kernels_1 "$(call x y)" >once_kernels.mk.json
for other in once_main once_kernels; do
    refused "would write files of the same name" \
        wrapper $other.mk.json once.mk.json -o gen
done
check "nothing was written so far" [ ! -e gen ]

# ---- dispatcher -------------------------------------------------------------

parts="scale_mk.c scale_mk.cmake scale_mk.h scale_mk.make "

counted emit dispatcher scale.mk.json -o gen
check "dispatcher, jit: done" exits 0
check "dispatcher, jit: nothing on stderr" quiet
check "dispatcher, jit: the files" equal "$(files_of gen)" \
    "scale_mk.c scale_mk.cmake scale_mk.h scale_mk.make scale_mk_kernels_1.c "
check "dispatcher, jit: lists them" equal "$(listed gen)" "$(files_of gen)"
check "dispatcher, jit: and nothing else" equal "$(wc -l <out.txt)" 5
check "dispatcher, jit: chooses nothing" equal "$calls" 0
check "dispatcher, jit: both variants" equal \
    "$(grep -cE '^ \*   scale.(slow|plain)$' gen/scale_mk_kernels_1.c)" 2

counted emit dispatcher scale.mk.json -o aot --pass aot --record made.json
check "dispatcher, aot: done" exits 0
check "dispatcher, aot: measures" [ "$calls" -gt 4 ]
check "dispatcher, aot: tells the choice" [ "$(tail -n 1 out.txt)" = "scale: plain" ]
check "dispatcher, aot: no memory" no_out "memory"
check "dispatcher, aot: what was chosen only" \
    equal "$(grep -cE '^ \*   scale\.' aot/scale_mk_kernels_1.c)" 1
check "--record: the choice" grep -q '"kernel": "plain"' made.json
check "--record: the machine" grep -q '"cpu": \[' made.json

cat >use.c <<'C'
#include <stdio.h>

#include "scale_mk.h"

int main(void)
{
    float x[3] = { 1, 2, 3 }, y[3] = { 0 };

    scale(x, y, 3);
    printf("%g %g %g\n", (double)y[0], (double)y[1], (double)y[2]);
    return 0;
}
C
check "dispatcher, aot: builds without the library" \
    builds use -Iaot -D_DEFAULT_SOURCE use.c aot/*.c
check "dispatcher, aot: is right" equal "$(./use)" "2 4 6"

counted emit dispatcher scale.mk.json -o again --pass aot
check "again: from the store" equal "$calls" 0
check "again: the same" diff -r aot again
counted emit dispatcher scale.mk.json -o given --pass aot --choices made.json
check "--choices: done" exits 0
check "--choices: measures nothing" equal "$calls" 0
check "--choices: the same" diff -r aot given
check "--choices: nothing was chosen now" no_out "scale: "
counted emit dispatcher scale.mk.json -o again --pass aot --retune
check "--retune: measures" [ "$calls" -gt 4 ]
counted emit dispatcher scale.mk.json -o small --pass aot --size n=10
check "--size: another shape, another pick" [ "$calls" -gt 4 ]
MULTIKERNEL_DISABLE_CACHE=1 counted emit dispatcher scale.mk.json -o again \
    --pass aot --no-verify --budget 1
check "tuning's options: fewer launches" [ "$calls" -gt 0 ]

sed 's/plain/slow/' made.json >slow.json
mk emit dispatcher scale.mk.json -o slow --pass aot --choices slow.json
check "--choices: another choice is heeded" \
    grep -qx ' \*   scale.slow' slow/scale_mk_kernels_1.c
sed 's/"scale"/"other"/' made.json >lacking.json
refused "'scale'" dispatcher scale.mk.json -o lacking --pass aot \
    --choices lacking.json
check "--choices lacks the name: nothing is written" [ ! -e lacking ]
sed 's/"plain"/"gone"/' made.json >gone.json
refused "gone" dispatcher scale.mk.json -o lacking --pass aot --choices gone.json

definition "hinted" "$slow, $plain" ' "size_hints": {"n": [10, 1000]},' \
    >hinted.mk.json
mk emit dispatcher hinted.mk.json -o hinted --pass aot
check "size hints: done" exits 0
check "size hints: a choice for each" equal \
    "$(grep -cE '^hinted at n=10(00)?: plain$' out.txt)" 2
mk emit dispatcher hinted.mk.json -o hinted --pass aot --size n=20:80:x2
check "--size, a range: a choice for each" equal \
    "$(grep -cE '^hinted at n=[248]0: plain$' out.txt)" 3
mk emit dispatcher hinted.mk.json -o hinted --policy nearest-k
check "--policy: is in the code" grep -q 'MK_SHAPE_NEAREST_K' hinted/hinted_mk.c

definition onehint "$slow, $plain" ' "size_hints": {"n": [500]},' >onehint.mk.json
mk tune onehint.mk.json --record onehint.json
counted emit dispatcher onehint.mk.json -o hinted --pass aot --choices onehint.json
check "one size hint: what tune recorded" exits 0

# ---- A fleet ----------------------------------------------------------------

definition fleet "$slow, $plain, {\"name\": \"wide\", \"entry\": \"plain\",
    \"requires\": {\"cpu\": [\"avx2\"]}}" >fleet.mk.json

# choice KERNEL FEATURES: prints a file of choices.
choice() {
    echo "{\"multikernel\": 1, \"cpu\": [$2],
        \"choices\": {\"fleet\": {\"kernel\": \"$1\", \"index\": 1}}}"
}
choice plain '"sse2"' >old.json
choice wide '"avx2", "sse2"' >new.json
choice slow '"sse2"' >other.json
mk emit dispatcher fleet.mk.json -o fleet --pass aot --choices old.json \
    --choices new.json
check "fleet: done" exits 0
check "fleet: the processor is asked" \
    grep -q '__builtin_cpu_supports("avx2")' fleet/fleet_mk.c
for chosen in plain wide; do
    check "fleet: what was chosen: $chosen" \
        grep -qx " \*   fleet.$chosen" fleet/fleet_mk_kernels_1.c
done
mk emit dispatcher fleet.mk.json -o fleet2 --pass aot --choices new.json \
    --choices old.json
check "fleet: in any order" diff -r fleet fleet2
refused "told apart" dispatcher fleet.mk.json -o fleet --pass aot \
    --choices old.json --choices other.json

# ---- --objects --------------------------------------------------------------

mk emit dispatcher scale.mk.json -o gen --objects
check "--objects: done" exits 0
check "--objects: objects, and no sources of kernels" equal "$(files_of gen)" \
    "${parts}scale_mk_kernels_1.o "
mk emit dispatcher scale.mk.json -o aot --objects --pass aot
check "--objects, aot: builds" builds use -Iaot use.c aot/*.c aot/*.o
check "--objects, aot: is right" equal "$(./use)" "2 4 6"

# ---- wrapper ----------------------------------------------------------------

mk emit wrapper four.mk.json -o gen
check "wrapper, jit: done" exits 0
check "wrapper, jit: nothing on stderr" quiet
check "wrapper, jit: the files" equal "$(listed gen)" \
    "four.c four.cmake four.h four.make four_kernels_1.c "
check "wrapper, jit: memory over the open sizes" \
    out_like '^memory: .*\<n\>.* bytes between calls \(.*\<n\>.* without sharing\)$'
check "wrapper, jit: files of others stay" [ -s gen/scale_mk.c ]

mk emit wrapper four.mk.json -o gen --size n=1000
check "wrapper, --size: done" exits 0
check "wrapper, --size: memory in numbers" \
    out "memory: 8064 bytes between calls (12096 without sharing)"
mk emit wrapper once.mk.json -o gen
check "wrapper without buffers: no memory" out "memory: 0 bytes between calls"

mk emit wrapper four.mk.json -o wrapped --pass aot --main --size n=1000 \
    --record four.json
check "wrapper, aot: done" exits 0
check "wrapper, aot: main is there" equal "$(listed wrapped)" \
    "four.c four.cmake four.h four.make four_kernels_1.c four_main.c "
check "wrapper, aot: tells the choice" out "four.scale: plain"
check "wrapper, aot: builds without the library" \
    builds main -D_DEFAULT_SOURCE wrapped/*.c
./main --seed 3 --runs 5 >out.txt 2>err.txt
check "main: a checksum" out_like '^y checksum [0-9a-f]{16} sum -?[0-9.]+'
check "main: a time" out_like '^time per run: [0-9.e+]+ us \(median of 5, [0-9.e+]+ to [0-9.e+]+\)$'
grep '^y ' out.txt >first.txt
sed 's/plain/slow/' four.json >slow4.json
mk emit wrapper four.mk.json -o slow --pass aot --main --size n=1000 \
    --choices slow4.json
check "wrapper, --choices: done" exits 0
check "wrapper, --choices: builds" builds main -D_DEFAULT_SOURCE slow/four*.c
./main --seed 3 --runs 5 >out.txt 2>err.txt
check "wrapper, --choices: the same results" \
    equal "$(grep '^y ' out.txt)" "$(cat first.txt)"
mk emit wrapper four.mk.json -o again4/ --pass aot --main --size n=1000 \
    --choices four.json
check "wrapper, recorded choices: the same" diff -r wrapped again4
refused "four.scale" wrapper four.mk.json -o lacking --pass aot \
    --choices made.json
check "wrapper, a choice is missing: nothing is written" [ ! -e lacking ]

definition only "$plain" >only.mk.json
program single "$(call x a only), $(call a y)" >single.mk.json
mk emit wrapper single.mk.json -o single --pass aot --size n=1000 \
    --record single.json
check "a definition of one variant: done" exits 0
check "a definition of one variant: nothing to choose" no_out "single.only: "
mk emit wrapper single.mk.json -o single --pass aot --size n=1000 \
    --choices single.json
check "a definition of one variant: needs no choice" exits 0

# ---- Several ----------------------------------------------------------------

definition third "$slow, $plain" >third.mk.json
definition broken '{"name": "gone", "entry": "no_such_function"}' >broken.mk.json
mk emit dispatcher broken.mk.json third.mk.json -o several
check "one fails: failed" exits 1
check "one fails: says so" err_like '^multikernel: .'
check "one fails: the other is written" [ -s several/third_mk.c ]
check "one fails: nothing of it is written" [ ! -e several/broken_mk.c ]

definition partly "$plain, {\"name\": \"gone\", \"entry\": \"no_such_function\"}" \
    >partly.mk.json
mk emit dispatcher partly.mk.json -o several
check "a variant is left out: done" exits 0
check "a variant is left out: told" err_like \
    '^multikernel: left out: partly\.gone: .'

# ---- --json -----------------------------------------------------------------

mk emit wrapper four.mk.json -o wrapped --pass aot --size n=1000 --json
check "--json: done" exits 0
check "--json: an object" is_json
for member in '"multikernel": 1,' '"from": "four.mk.json",' \
    '"kind": "wrapper",' '"pass": "aot",' '"bytes": "8064",' \
    '"bytes_unshared": "12096",' '"left_out": [],' '"four.scale": "plain"'; do
    check "--json: $member" out "$member"
done
check "--json: the files" equal "$(grep -cE '^ +"wrapped/four[^/]*",?$' out.txt)" 5
mk emit dispatcher broken.mk.json partly.mk.json -o several --json
check "--json, failures: failed" exits 1
check "--json, failures: an object" is_json
check "--json, failures: told" equal "$(grep -c '"error": ' out.txt)" 1
check "--json, failures: the other" out '"from": "partly.mk.json",'
check "--json, left out: told" out_like '^ +"partly\.gone: .*"$'
check "--json, dispatcher: no memory" out '"bytes": "0",'

# ---- What is in the way -----------------------------------------------------

echo "a file" >file
refused "file" dispatcher scale.mk.json -o file
check "the folder is a file: it stays" equal "$(cat file)" "a file"
refused "file" dispatcher scale.mk.json -o file/below

mkdir theirs
echo 'int theirs;' >theirs/scale_mk.c
refused "scale_mk.c" dispatcher scale.mk.json -o theirs
check "a file of others: stays" equal "$(cat theirs/scale_mk.c)" "int theirs;"
check "a file of others: nothing else is written" \
    equal "$(files_of theirs)" "scale_mk.c "

mkdir elsewhere
definition scale "$plain" | sed 's/"scale.c"/"..\/scale.c"/' >elsewhere/scale.mk.json
cp -r aot before
refused "scale_mk.c" dispatcher elsewhere/scale.mk.json -o aot
check "emitted from another definition: stays" diff -r before aot

finish
