#!/usr/bin/env bash
# Definitions that are wrong, each in its own way: exit status 2, the place, and
# what was expected; nothing is run.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# wrong TITLE PLACE TEXT [OPTION...]: runs the definition on the standard input.
# PLACE is LINE:COLUMN; empty, where it is the sizes that are wrong.
wrong() {
    cat >bad.mk.json
    counted run bad.mk.json "${@:4}"
    check "$1: wrong input" exits 2
    check "$1: where" err_like "^multikernel: bad\.mk\.json:${2:+$2:} "
    check "$1: why" err "$3"
    check "$1: nothing was run" equal "$calls" 0
    check "$1: nothing on stdout" [ ! -s out.txt ]
}

# altered SED: the good definition, changed.
altered() {
    sed -e "$1" scale.mk.json
}

wrong "no JSON" 4:3 "not JSON" < <(altered '3s/,$//')
wrong "an empty file" 1:1 "not JSON" </dev/null
wrong "no object" 1:1 "expected an object" < <(echo '[]')
wrong "a member that is not known" 5:3 "did you mean 'source'?" \
    < <(altered 's/"source"/"sauce"/')
wrong "a member that is missing" 1:1 "'name'" < <(altered '/"name": "scale"/d')
wrong "a member given twice" 4:3 "duplicate" \
    < <(altered '3s/$/\n  "name": "scale",/')
wrong "a wrong type" 12:18 "integer" < <(altered 's/"n": 1000/"n": "many"/')
wrong "a size of zero" 12:18 "from 1 to" < <(altered 's/"n": 1000/"n": 0/')
wrong "an unknown intent" 8:49 "'sideways'" \
    < <(altered 's/"intent": "in"/"intent": "sideways"/')
wrong "an unknown language" 4:15 "'cobol'" < <(altered 's/"c"/"cobol"/')
wrong "a language of another build" 4:15 "'opencl'" \
    < <(altered 's/"c"/"opencl"/')
wrong "a variant's name twice" 14:49 "'slow'" \
    < <(altered 's/"name": "plain"/"name": "slow"/')
wrong "a source that is not there" 5:13 "gone.c" \
    < <(altered 's/scale\.c/gone.c/')
wrong "a where that excludes all" '' "where" \
    < <(definition scale '{"name": "v", "entry": "plain",
     "defines": {"B": [2000, 4000]}, "where": "B < n"}')
wrong "a where that is no expression" 15:51 "expected" \
    < <(definition scale '{"name": "v", "entry": "plain",
     "defines": {"B": [2000, 4000]}, "where": "B <"}')
wrong "a size without a value" '' "'n'" < <(altered '/"sizes"/d')
wrong "a size that is not known" '' "'m'" --size m=3 <scale.mk.json

mk run gone.mk.json
check "a definition that is not there: wrong input" exits 2
check "a definition that is not there: named" err "gone.mk.json"
mk run .
check "a folder for a definition: wrong input" exits 2

# ---- Sizes too large --------------------------------------------------------

mk run scale.mk.json --size n=4611686018427387903
check "a size whose bytes overflow: no success" [ "$status" -ne 0 ]
check "a size whose bytes overflow: says so" err_like "^multikernel: "
check "a size whose bytes overflow: no crash" [ "$status" -le 2 ]

finish
