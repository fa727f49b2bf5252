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

# ---- Records ----------------------------------------------------------------

# recorded FILE: "NAME: KERNEL INDEX" for each choice in it, in one line.
recorded() {
    awk -F '"' '
        /^    ".*{$/ { name = $2 }
        /^      "kernel": / { kernel = $4 }
        /^      "index": / {
            sub(/.*: /, "")
            printf "%s: %s %s; ", name, kernel, $0
        }' "$1"
}

mk tune scale.mk.json --size n=100 --record one.json
check "--record: done" exits 0
check "--record: nothing on stderr" quiet
check "--record: one --size goes by the definition's name" equal \
    "$(recorded one.json)" "scale: plain 1; "
mk devices
feature=$(grep -oE '\<(sse2|asimd)\>' out.txt | head -n 1)
check "--record: tells the machine" equal \
    "$(grep -cE "^  \"cpu\": \[|^    \"$feature\"" one.json)" 2
cp one.json again.json
counted tune scale.mk.json --size n=100 --record again.json
check "--record, from the store: nothing is launched" equal "$calls" 0
check "--record, from the store: the same" cmp one.json again.json
check "--record: leaves no other file" equal "$(echo one.json*)" one.json
mk tune scale.mk.json --record one.json --json
check "--record, --json: an object" is_json
check "--record: default sizes go by the definition's name" equal \
    "$(recorded one.json)" "scale: plain 1; "

mk tune second.mk.json scale.mk.json --size n=100:200:x2 --record several.json
check "--record, several sizes: done" exits 0
check "--record, several sizes: a name for each" equal \
    "$(recorded several.json)" \
    "scale at n=100: plain 1; scale at n=200: plain 1; second at n=100: plain 1; second at n=200: plain 1; "

definition hinted "$slow, $plain" '"size_hints": {"n": [10, 1000]},' >hinted.mk.json
mk tune hinted.mk.json --record hints.json
check "--record, size hints: a name for each" equal "$(recorded hints.json)" \
    "hinted at n=10: plain 1; hinted at n=1000: plain 1; "
for policy in nearest measure; do
    mk tune hinted.mk.json --policy $policy --record policy.json
    check "--record, --policy $policy: the hints are no conflict" exits 0
    check "--record, --policy $policy: the same" cmp hints.json policy.json
done
mk tune hinted.mk.json --policy nearest --size n=10:1000:x10 --record shapes.json
check "--record, --policy, several sizes: a name for each" equal \
    "$(recorded shapes.json)" \
    "hinted at n=10: plain 1; hinted at n=100: plain 1; hinted at n=1000: plain 1; "
mk tune hinted.mk.json --size n=10 --record hints.json
check "--record: one --size at a hint goes by the definition's name" equal \
    "$(recorded hints.json)" "hinted: plain 1; "

cat >grid.c <<'C'
#include <stdint.h>

void sum(const float *x, float *y, int64_t r, int64_t c)
{
    for (int64_t i = 0; i < r * c; ++i)
        y[i] = x[i];
}
C
cat >grid.mk.json <<'JSON'
{"multikernel": 1, "name": "grid", "language": "c", "source": "grid.c",
 "params": [
   {"name": "x", "type": "float32*", "intent": "in", "shape": ["r", "c"]},
   {"name": "y", "type": "float32*", "intent": "out", "shape": ["r", "c"]},
   {"name": "r", "type": "int64"}, {"name": "c", "type": "int64"}],
 "sizes": {"r": 3, "c": 5}, "size_hints": [{"c": 2, "r": 1}, {"c": [7]}],
 "variants": [{"name": "sum", "entry": "sum"}]}
JSON
mk tune grid.mk.json --record grid.json
check "--record, hints: the sizes they name, as the definition orders them" equal \
    "$(recorded grid.json)" "grid at c=7: sum 0; grid at r=1 c=2: sum 0; "
mk tune grid.mk.json --size c=2,r=1 --size c=4 --record grid.json
check "--record, several sizes: all sizes, as the definition orders them" equal \
    "$(recorded grid.json)" "grid at r=1 c=2: sum 0; grid at r=3 c=4: sum 0; "

# Two definitions of one name.
definition scale "$slow" >other.mk.json
definition scale "$plain" >same.mk.json
definition scale "$slow, $plain" >like.mk.json
mk tune scale.mk.json other.mk.json --size n=100 --record one.json
check "--record, a conflict: failed" exits 1
check "--record, a conflict: says so" err \
    "both plain and slow were picked under the name 'scale'"
check "--record, a conflict: the other goes on" out "scale, n=100: slow"
check "--record, a conflict: the file is as it was" cmp one.json again.json
mk tune scale.mk.json same.mk.json --size n=100 --record one.json
check "--record, another place in the list: a conflict too" exits 1
mk tune other.mk.json same.mk.json --size n=100 --record one.json
check "--record, the same place in the list: a conflict too" exits 1
mk tune scale.mk.json other.mk.json scale.mk.json --size n=100 --record new.json
check "--record, a conflict: is not forgotten" exits 1
check "--record, a conflict: no file is made" [ ! -e new.json ]
mk tune scale.mk.json like.mk.json --size n=100 --record new.json
check "--record, the same pick under one name: no conflict" exits 0
check "--record, the same pick under one name: written" cmp new.json again.json

MULTIKERNEL_PICK=slow mk tune scale.mk.json --size n=100 --record new.json
check "--record, forced: what was forced" equal "$(recorded new.json)" \
    "scale: slow 0; "

mk tune broken.mk.json scale.mk.json --size n=100 --record some.json
check "--record, one fails: failed" exits 1
check "--record, one fails: the other is there" equal "$(recorded some.json)" \
    "scale: plain 1; "
mk tune broken.mk.json --record some.json
check "--record, nothing is picked: failed" exits 1
check "--record, nothing is picked: the file is as it was" equal \
    "$(recorded some.json)" "scale: plain 1; "

counted tune scale.mk.json --size n=500 --record no/such/folder.json
check "--record, no folder: wrong input" exits 2
check "--record, no folder: says so" err \
    "--record: can't write no/such/folder.json: No such file"
check "--record, no folder: told before tuning" equal "$calls" 0
mkfifo pipe
for path in pipe .; do
    counted tune scale.mk.json --size n=500 --record $path
    check "--record $path: wrong input" exits 2
    check "--record $path: says so" err "$path is no file that could be replaced"
    check "--record $path: told before tuning" equal "$calls" 0
done
check "--record pipe: it is still there" [ -p pipe ]

# ---- Picks that can't be stored ----------------------------------------------

echo "a file" >file
MULTIKERNEL_CACHE_DIR=$work/file mk tune scale.mk.json
check "a pick that can't be stored: failed" exits 1
check "a pick that can't be stored: says so" err "the pick is not stored"
MULTIKERNEL_DISABLE_CACHE=1 mk tune scale.mk.json
check "cache switched off: failed" exits 1
check "cache switched off: says so" err "MULTIKERNEL_DISABLE_CACHE turns"
MULTIKERNEL_DISABLE_CACHE=1 mk tune scale.mk.json --record off.json
check "cache switched off, --record: recorded all the same" equal \
    "$(recorded off.json)" "scale: plain 1; "

finish
