#!/usr/bin/env bash
# Help, version, and command lines that are wrong.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mk --version
check "--version: done" exits 0
check "--version: name and number" out_like '^multikernel [0-9]+\.[0-9]+\.[0-9]+$'

for ask in --help -h help; do
    mk $ask
    check "$ask: done" exits 0
    check "$ask: lists the commands" out_like '^  devices +Back ends'
    check "$ask: nothing on stderr" quiet
done

for command in run tune picks emit devices; do
    mk "$command" --help
    cp out.txt help.txt
    check "$command --help: done" exits 0
    check "$command --help: usage" out "Usage: multikernel $command"
    mk help "$command"
    check "help $command: the same" cmp -s out.txt help.txt
    mk "$command" --nonsense
    check "$command --nonsense: wrong input" exits 2
    check "$command --nonsense: is named" \
        err_like "^multikernel: .*'?--nonsense'?"
    check "$command --nonsense: what to do" \
        err "Try 'multikernel $command --help'."
    check "$command --nonsense: nothing on stdout" [ ! -s out.txt ]
done

# wrong TEXT ARGUMENT...: exit status 2, and TEXT in the first line of stderr.
wrong() {
    local text=$1
    shift
    mk "$@"
    check "multikernel $*: wrong input" exits 2
    check "multikernel $*: says why" \
        grep -qF -e "multikernel: $text" <(head -n 1 err.txt)
}

wrong "a command is missing"
wrong "there is no command 'rnu'" rnu
wrong "there is no command 'rnu'" help rnu
wrong "help takes one command" help run tune
wrong "unrecognized option '--nonsense'" --nonsense
wrong "a definition is missing" run
wrong "a definition is missing" tune
wrong "run takes one definition" run scale.mk.json scale.mk.json
wrong "devices takes no argument" devices cpu
wrong "one of list, show and clear is missing" picks
wrong "expected list, show or clear, got 'purge'" picks purge
wrong "list takes no key" picks list abc
wrong "show takes a key" picks show
wrong "clear takes a key, or --all" picks clear
wrong "clear takes a key, or --all" picks clear abc --all
wrong "show takes one key" picks show abc def
wrong "option '--size' requires an argument" run scale.mk.json --size

# ---- Values of options ------------------------------------------------------

wrong "--size: expected NAME=INTEGER, got 'n'" run scale.mk.json --size n
wrong "--size: expected NAME=INTEGER, got '=3'" run scale.mk.json --size =3
wrong "--size: expected NAME=INTEGER, got ''" run scale.mk.json --size n=3,
for value in 0 -3 3.5 4k "" 99999999999999999999; do
    wrong "--size: expected a positive integer for n, got '$value'" \
        run scale.mk.json --size "n=$value"
done
wrong "--size: n is given twice" run scale.mk.json --size n=3,n=4
wrong "--mode: expected tune, cached, frozen or inline, got 'fast'" \
    run scale.mk.json --mode fast
for value in x -1 1.5 ""; do
    wrong "--seed: expected an integer from 0, got '$value'" \
        run scale.mk.json --seed "$value"
done
for value in x 0 -5 inf nan ""; do
    wrong "--budget: expected milliseconds above 0, got '$value'" \
        run scale.mk.json --budget "$value"
done
for value in x 0 -5 inf 10s ""; do
    wrong "--timeout: expected milliseconds above 0, got '$value'" \
        run scale.mk.json --timeout "$value"
done
for value in x 0 -5 100 5% ""; do
    wrong "--margin: expected a percentage between 0 and 100, got '$value'" \
        run scale.mk.json --margin "$value"
done

# ---- Output that can't be written -------------------------------------------

if [ -w /dev/full ]; then
    status=0
    "$MULTIKERNEL" --version >/dev/full 2>err.txt || status=$?
    check "full disk: failed" exits 1
    check "full disk: says so" err "multikernel: the output could not be written"
fi
status=0
"$MULTIKERNEL" --version >&- 2>err.txt || status=$?
check "closed stdout: failed" exits 1
check "closed stdout: says so" err "multikernel: the output could not be written"

finish
