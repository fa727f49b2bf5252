#!/usr/bin/env bash
# --trace: every sample, and files that can't be written.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# lines_are_json FILE: true where no tool can tell.
lines_are_json() {
    if command -v jq >/dev/null; then
        jq -e 'type == "object"' "$1" >/dev/null
    elif command -v python3 >/dev/null; then
        python3 -c 'import json, sys
for line in open(sys.argv[1]): json.loads(line)' "$1"
    fi
}

mk run scale.mk.json --trace t.jsonl --size n=100 --size n=200
check "run: done" exits 0
check "run: nothing on stderr" quiet
check "run: lines of JSON" lines_are_json t.jsonl
check "run: what it is of comes first" \
    equal "$(head -n 1 t.jsonl | cut -c 1-52)" \
    '{"multikernel":1,"version":"0.1.0","definition":"sca'
check "run: the device" grep -q '^{.*"device":{"backend":"source",.*"fingerprint":{"' t.jsonl
check "run: one such line" equal "$(grep -c '"definition":' t.jsonl)" 1
for kernel in slow plain; do
    for n in 100 200; do
        check "run: samples of $kernel at $n" grep -qE \
            "^\{\"multi\":\"scale\",\"kernel\":\"$kernel\",\"index\":[01],\"round\":[0-9]+,\"launches\":[0-9]+,\"ns\":[0-9.e+]+,\"at_ns\":[0-9.e+]+,\"sizes\":\{\"n\":$n\}\}\$" \
            t.jsonl
    done
done
mk run scale.mk.json --trace t.jsonl --size n=100
check "a stored pick: done" exits 0
check "a stored pick: no samples" equal "$(wc -l <t.jsonl)" 1
check "a stored pick: says so" err "nothing was timed"

definition second "$slow, $plain" | sed 's/-O1/-O2/' >second.mk.json
mk tune scale.mk.json second.mk.json --trace t.jsonl --retune
check "tune: done" exits 0
check "tune: a first line for each definition" \
    equal "$(grep -c '"definition":' t.jsonl)" 2
check "tune: samples of the second" grep -q '^{"multi":"second",' t.jsonl

# ---- Files that can't be written ---------------------------------------------

counted run scale.mk.json --retune --trace gone/t.jsonl
check "no such folder: wrong input" exits 2
check "no such folder: named" err "--trace: can't write gone/t.jsonl: No such file"
check "no such folder: nothing was run" equal "$calls" 0
check "no such folder: nothing on stdout" [ ! -s out.txt ]
mk tune scale.mk.json --retune --trace .
check "a folder: wrong input" exits 2
check "a folder: named" err "--trace: can't write .:"
if [ -w /dev/full ]; then
    mk run scale.mk.json --retune --trace /dev/full
    check "a full disk: failed" exits 1
    check "a full disk: said once" equal \
        "$(grep -c 'could not be written whole: No space left' err.txt)" 1
    check "a full disk: the run goes on" out "plain, from the benchmark"
fi

finish
