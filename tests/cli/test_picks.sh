#!/usr/bin/env bash
# `multikernel picks` and `devices`.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- An empty store ---------------------------------------------------------

mk picks list
check "empty: done" exits 0
check "empty: says so, and where" out "no stored picks in $work/cache"
mk picks list --json
check "empty, --json: an object" is_json
check "empty, --json: no picks" out '"picks": []'
mk picks clear --all
check "empty, clear: done" exits 0
check "empty, clear: none" out "removed 0 picks"

# ---- list -------------------------------------------------------------------

mk tune scale.mk.json --size n=100 --size n=200 --size n=300
mk picks list
check "list: done" exits 0
check "list: titles" \
    out_like '^key +multi-kernel +shapes +pick +time +date$'
check "list: three rows" equal "$(wc -l <out.txt)" 4
check "list: a row" out_like \
    '^[0-9a-f]{12} +scale +.*200.* +plain +[0-9.]+ [mun]?s +[0-9]{4}-[0-9]{2}-[0-9]{2}'
row=$(grep 200 out.txt)
key=${row%% *}
mk picks list --json
check "list --json: an object" is_json
check "list --json: three entries" equal "$(grep -c '"file": ' out.txt)" 3

# ---- show -------------------------------------------------------------------

mk picks show "$key"
check "show: done" exits 0
for label in key name shapes policy date version model features pick why tried \
    checked sure apart rule file; do
    check "show: $label" out_like "^$label: +."
done
check "show: the pick" out_like '^pick: +plain$'
check "show: the candidates" out_like '^ +slow +[0-9]'
check "show: what was tried" out_like '^tried: +2 variants: [12] timed to the end'
check "show: how far apart" out_like '^apart: +slow takes [0-9.]+ times as long; '
check "show: the margin" out "times within 1 % of the fastest are equal"
mk picks show "$key" --json
check "show --json: an object" is_json
check "show --json: how" out_like '"tie_margin": 0\.01,'
check "show --json: in words" out_like '"tried": "2 variants: '
check "show --json: one entry" equal "$(grep -c '"file": ' out.txt)" 1
mk picks show ffffffffffff
check "show, no such key: wrong input" exits 2
check "show, no such key: named" err "'ffffffffffff'"
mk picks show ''
check "show, several keys: wrong input" exits 2
check "show, several keys: listed" err_like '^  [0-9a-f]{64}$'

# ---- A file that can't be used ----------------------------------------------

file=$(find cache -name "$key*.pick")
cp "$file" good
echo '{"half": ' >"$file"
mk picks list
check "corrupt file: done" exits 0
check "corrupt file: a row that says so" out_like "^$key +unusable: ."
check "corrupt file: the others" equal "$(grep -c ' plain ' out.txt)" 2
mk picks list --json
check "corrupt file, --json: an object" is_json
check "corrupt file, --json: told" equal "$(grep -c '"problem": ' out.txt)" 1
mk picks show "$key"
check "corrupt file, show: failed" exits 1
check "corrupt file, show: named" err "$file"
cp good "$file"

# ---- A system-wide folder ---------------------------------------------------

cp -r cache system
mk picks show "$key"
check "the same key in both folders: is one" exits 0
check "the same key in both folders: the user's own" out "$file"
mk picks clear "$key"
mk picks show "$key"
check "only in the system-wide folder: found" out "$work/system/"
counted run scale.mk.json --size n=200
check "only in the system-wide folder: used" equal "$calls" 1
rm -r system

# ---- clear ------------------------------------------------------------------

mk picks clear "$key"
check "clear, no such key: wrong input" exits 2
check "clear, no such key: says so" err_like "^multikernel: .*$key"
mk run scale.mk.json --size n=200
mk picks clear ''
check "clear, several keys: wrong input" exits 2
mk picks clear "$key"
check "clear KEY: done" exits 0
check "clear KEY: one" out "removed 1 pick"
check "clear KEY: the others stay" equal "$(find cache -name '*.pick' | wc -l)" 2
mk picks clear --all
check "clear --all: the rest" out "removed 2 picks"
check "clear --all: the compiled kernels stay" [ -n "$(find cache -name '*.so')" ]
mk picks clear --all --objects
check "clear --objects: the compiled kernels, too" \
    [ -z "$(find cache -name '*.so')" ]
mk run scale.mk.json
check "after clear: everything anew" exits 0

# ---- devices ----------------------------------------------------------------

export MULTIKERNEL_LIBCUDA=/nonexistent/libcuda.so.1
mk devices
check "devices: done" exits 0
check "devices: the CPU" out_like '^cpu \(.+\)$'
check "devices: its back ends" out "back ends: native, source, object"
check "devices: its features" out_like '^features: +.'
mk devices --json
check "devices --json: an object" is_json
check "devices --json: an entry for each back end of the CPU" \
    equal "$(grep -c '"fingerprint": {' out.txt)" 3
check "devices --json: and for each that has no device" \
    equal "$(grep -c '"missing": "' out.txt)" 1

finish
