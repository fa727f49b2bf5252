#!/usr/bin/env bash
# `multikernel run`: the main job, its table and its JSON, and its modes.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- First run: measured ----------------------------------------------------

counted run scale.mk.json
check "first run: done" exits 0
check "first run: nothing on stderr" quiet
check "first run: both variants were measured" [ "$calls" -gt 10 ]
check "header: definition, sizes, device" out_like '^scale, n=1000, on cpu \(.+\)$'
check "table: titles" \
    out_like '^ +variant +time +interval +ratio +samples +fate$'
check "table: the pick is marked, and the best" \
    out_like '^\* +plain +[0-9.]+ [mun]?s +[0-9.]+ \.\. [0-9.]+ [mun]?s +1\.000 +[0-9]+ +ok$'
check "table: the other is not" out_like '^ +slow +[0-9.]+ [mun]?s .* [0-9]+\.[0-9]{3} '
check "pick" out_like '^pick: +plain, from the benchmark$'
check "why" out_like '^why: +.{10}'
check "tuning time" out_like '^tuning: +[0-9.]+ ms$'
file=$(sed -n 's/^file: *//p' out.txt)
check "file: there" [ -s "$file" ]
check "file: in the cache folder" equal "${file%/*/*}" "$work/cache"

# ---- Second run: remembered -------------------------------------------------

counted run scale.mk.json
check "second run: done" exits 0
check "second run: says so" \
    out "plain, from the store (nothing was benchmarked)"
check "second run: only the final call" equal "$calls" 1
check "second run: no tuning time" no_out "tuning:"
check "second run: the same file" out "$file"

counted run scale.mk.json --size n=500 --size n=1000
check "two sizes: done" exits 0
check "two sizes: a header for each" \
    equal "$(grep -o '^scale, n=[0-9]*' out.txt | tr '\n' ' ')" \
    "scale, n=500 scale, n=1000 "
check "two sizes: the new one is measured" out "pick:      plain, from the bench"
check "two sizes: the old one is not" out "plain, from the store"

# ---- JSON -------------------------------------------------------------------

counted run scale.mk.json --json
check "--json: done" exits 0
check "--json: an object" is_json
check "--json: only the final call" equal "$calls" 1
for member in '"multikernel": 1,' '"definition": "scale",' '"backend": "source",' \
    '"name": "cpu",' '"fingerprint": {' '"n": 1000' '"name": "plain",' \
    '"index": 1,' '"status": "ok",' '"from": "store",' "\"file\": \"$file\""; do
    check "--json: $member" out "$member"
done
check "--json: times" out_like '"time_ns": [0-9]+\.[0-9]+'
check "--json: key" out_like '"key": "[0-9a-f]{64}"'
check "--json: no table" no_out "interval  "

# ---- Options ----------------------------------------------------------------

counted run scale.mk.json --pick slow
check "--pick NAME: runs it" equal "$(pick_of out.txt)" slow
check "--pick NAME: says so" out "slow, forced"
check "--pick NAME: measures nothing" equal "$calls" 1
mk run scale.mk.json --pick 0
check "--pick INDEX: runs it" equal "$(pick_of out.txt)" slow
MULTIKERNEL_PICK=slow mk run scale.mk.json
check "MULTIKERNEL_PICK: runs it" equal "$(pick_of out.txt)" slow
mk run scale.mk.json --pick nobody
check "--pick of no variant: wrong input" exits 2
check "--pick of no variant: is named" err "nobody"

counted run scale.mk.json --retune
check "--retune: measures" [ "$calls" -gt 10 ]
check "--retune: done" out "plain, from the benchmark"
counted run scale.mk.json --cold --budget 50
check "--cold: another key, so measured" out "plain, from the benchmark"
counted run scale.mk.json --cold
check "--cold: remembered as well" equal "$calls" 1

picks=$(find cache -name '*.pick' | wc -l)
counted run scale.mk.json --no-cache
check "--no-cache: measures" [ "$calls" -gt 10 ]
check "--no-cache: not stored" out "the pick is not stored"
MULTIKERNEL_DISABLE_CACHE=1 counted run scale.mk.json --size n=77
check "MULTIKERNEL_DISABLE_CACHE: measures" [ "$calls" -gt 10 ]
check "no cache: no new file" \
    equal "$(find cache -name '*.pick' | wc -l)" "$picks"

# ---- Modes ------------------------------------------------------------------

counted run scale.mk.json --mode frozen
check "frozen, stored: done" exits 0
check "frozen, stored: only the final call" equal "$calls" 1
counted run scale.mk.json --mode frozen --size n=123
check "frozen, not stored: failed" exits 1
check "frozen, not stored: says so" err_like '^multikernel: .'
check "frozen, not stored: nothing was run" equal "$calls" 0
check "frozen, not stored: no table" [ ! -s out.txt ]
counted run scale.mk.json --mode frozen --size n=123 --json
check "frozen, not stored, --json: failed" exits 1
counted run scale.mk.json --mode cached --size n=123
check "cached, not stored: done" exits 0
check "cached, not stored: the first one" out "slow, the default"
check "cached, not stored: measures nothing" equal "$calls" 1
counted run scale.mk.json --mode cached
check "cached, stored: the stored one" out "plain, from the store"
MULTIKERNEL_MODE=frozen mk run scale.mk.json --size n=123
check "MULTIKERNEL_MODE=frozen: failed" exits 1

counted run scale.mk.json --mode inline --size n=124
check "inline, not stored: done" exits 0
check "inline, not stored: the trials say so" out "plain, from inline trials"
check "inline, not stored: how many calls" out_like '^calls: +[0-9]+ until the pick fell$'
check "inline, not stored: stored" out_like '^file: +/.*\.pick$'
counted run scale.mk.json --mode inline --size n=125 --json
check "inline, --json: an object" is_json
check "inline, --json: from" out '"from": "inline"'
check "inline, --json: calls" out_like '"calls": [0-9]+,'
counted run scale.mk.json --mode inline --size n=124
check "inline, stored: only the final call" equal "$calls" 1
check "inline, stored: the stored one" out "plain, from the store"
check "inline, stored: one call is nothing to tell" no_out "calls:"

# ---- One variant ------------------------------------------------------------

definition one "$plain" >one.mk.json
counted run one.mk.json
check "one variant: done" exits 0
check "one variant: nothing to measure" equal "$calls" 1
check "one variant: says so" out "plain, the only one that may run"

# ---- A space of variants ----------------------------------------------------

definition space '{"name": "v", "entry": "plain", "defines": {"B": [1, 2, 4000]},
     "where": "B <= n"}' >space.mk.json
mk run space.mk.json
check "defines: one variant for each value" out "v[B=2]"
check "where: leaves some out" no_out "v[B=4000]"

finish
