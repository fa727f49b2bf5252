#!/usr/bin/env bash
# `multikernel tune`: definitions times sizes, into the store.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Other flags: other machine code, so a key of its own.
definition second "$slow, $plain" | sed 's/-O1/-O2/' >second.mk.json

counted tune scale.mk.json second.mk.json --size n=100 --size n=200
check "tune: done" exits 0
check "tune: nothing on stderr" quiet
check "tune: measures" [ "$calls" -gt 10 ]
check "tune: a line for each definition and size" equal \
    "$(grep -cE '^(scale|second), n=[12]00: ' out.txt)" 4
check "tune: definition, sizes, pick, lead, file" out_like \
    '^second, n=200: plain, from the benchmark, [0-9.]+ times as fast as slow, in /.*\.pick$'
check "tune: a file for each" equal "$(find cache -name '*.pick' | wc -l)" 4

counted tune scale.mk.json second.mk.json --size n=100 --size n=200
check "again: done" exits 0
check "again: nothing is launched" equal "$calls" 0
check "again: from the store" equal \
    "$(grep -c 'plain, from the store' out.txt)" 4

counted run scale.mk.json --size n=200
check "then run: measures nothing" equal "$calls" 1

MULTIKERNEL_MODE=frozen counted tune scale.mk.json --size n=300
check "tune tunes, whatever MULTIKERNEL_MODE is" [ "$calls" -gt 10 ]
counted tune scale.mk.json
check "no --size: the defaults" out "scale, n=1000: plain"

mk tune scale.mk.json --json --size n=100
check "--json: done" exits 0
check "--json: an object" is_json
for member in '"multikernel": 1,' '"definition": "scale",' \
    '"path": "scale.mk.json",' '"n": 100' '"name": "plain",' '"from": "store",'; do
    check "--json: $member" out "$member"
done
check "--json: the lead" out_like '"lead": [0-9]+\.'

# ---- Failures ---------------------------------------------------------------

echo '{' >bad.mk.json
definition broken '{"name": "gone", "entry": "no_such_function"}' >broken.mk.json

mk tune broken.mk.json scale.mk.json --size n=400
check "one fails: failed" exits 1
check "one fails: says so" err_like '^multikernel: .'
check "one fails: the other goes on" out "scale, n=400: plain"
mk tune bad.mk.json gone.mk.json broken.mk.json scale.mk.json --size n=401
check "one is wrong input: wrong input" exits 2
check "one is wrong input: named" err "bad.mk.json:"
check "one is not there: named" err "gone.mk.json"
check "one is wrong input: the others go on" out "scale, n=401: plain"
mk tune bad.mk.json broken.mk.json scale.mk.json --size n=402 --json
check "failures, --json: an object" is_json
check "failures, --json: told" equal "$(grep -c '"error": ' out.txt)" 2
check "failures, --json: the others go on" out '"name": "plain",'

echo "a file" >file
MULTIKERNEL_CACHE_DIR=$work/file mk tune scale.mk.json
check "a pick that can't be stored: failed" exits 1
check "a pick that can't be stored: says so" err "the pick is not stored"
MULTIKERNEL_DISABLE_CACHE=1 mk tune scale.mk.json
check "cache switched off: failed" exits 1
check "cache switched off: says so" err "MULTIKERNEL_DISABLE_CACHE turns"

finish
