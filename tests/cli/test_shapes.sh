#!/usr/bin/env bash
# Ranges of sizes, the matrix of shapes and variants, and choosing by shape.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- Kernels that win at different sizes ------------------------------------

# y = 2 x; `few` is slow above 99 elements, `many` below, by far.
cat >shaped.c <<'C'
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static void scale(const float *x, float *y, int64_t n, int slow)
{
    const char *path = getenv("CALLS");
    int file = path ? open(path, O_WRONLY | O_APPEND) : -1;

    if (file >= 0) {
        if (write(file, ".", 1) != 1)
            abort();
        close(file);
    }
    for (volatile int i = 0; i < slow * 50000; ++i)
        ;
    for (int64_t i = 0; i < n; ++i)
        y[i] = 2 * x[i];
}

#ifndef WIDTH
#define WIDTH 1
#endif

/* One that is wider is slower, at every size. */
void few(const float *x, float *y, int64_t n)
{
    scale(x, y, n, (n > 99) + WIDTH - 1);
}

void many(const float *x, float *y, int64_t n)
{
    scale(x, y, n, n <= 99);
}

void bad(const float *x, float *y, int64_t n)
{
    scale(x, y, n, 0);
    y[0] += 1;
}
C

few='{"name": "few", "entry": "few"}'
many='{"name": "many", "entry": "many"}'
hints='"size_hints": {"n": [10, 1000]},'

# shaped NAME VARIANTS [MEMBERS]
shaped() {
    definition "$@" | sed 's/scale\.c/shaped.c/'
}
shaped shaped "$few, $many" "$hints" >shaped.mk.json
shaped plain "$few, $many" >plain.mk.json

# row N: the row of the matrix that begins with the size N.
row() {
    grep -E "^ *$1 .*(ns|us|ms|-) " out.txt
}

# rows SIZE...: the first column of the matrix, as far as it is numbers.
rows() {
    equal "$(grep -oE '^ *[0-9]+ +[0-9.]+ [mun]?s ' out.txt |
        awk '{ printf "%s ", $1 }')" "$*"
}

# ---- Ranges -----------------------------------------------------------------

mk run plain.mk.json --mode cached --verbose --size n=1:10:x2
check "a range, multiplied: to the end as far as steps reach" equal \
    "$(sed -nE 's/^plain, n=([0-9]+), on cpu \([^:]*$/\1/p' out.txt | tr '\n' ' ')" \
    "1 2 4 8 "
mk run plain.mk.json --mode cached --verbose --size n=64:192:+64
check "a range, added: both ends" equal \
    "$(sed -nE 's/^plain, n=([0-9]+), on cpu \([^:]*$/\1/p' out.txt | tr '\n' ' ')" \
    "64 128 192 "
mk run plain.mk.json --mode cached --json --size n=7:7:x2 --size n=5
check "several --size add up, and a range may hold one value" equal \
    "$(grep -oE '"n": [75]$' out.txt | head -n 2 | tr '\n' ' ')" '"n": 7 "n": 5 '

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
 "sizes": {"r": 1, "c": 1},
 "variants": [{"name": "sum", "entry": "sum"}]}
JSON
mk run grid.mk.json --size c=2:4:x2,r=1:3:+1
check "ranges: their grid, the first slowest" equal \
    "$(grep -E '^ *[0-9]+ +[0-9]+ ' out.txt | awk '{ printf "%s,%s ", $1, $2 }')" \
    "1,2 2,2 3,2 1,4 2,4 3,4 "

mk run grid.mk.json --size c=2,r=1:3:+1
check "sizes that all shapes share: stand in the header" \
    out_like '^grid, c=2, on cpu .*: 3 shapes'
check "sizes that all shapes share: are no column" out_like '^ *r +best +sum$'

# wrong TEXT SIZE: exit status 2, and TEXT in the first line of stderr.
wrong() {
    mk run plain.mk.json --size "$2"
    check "--size $2: wrong input" exits 2
    check "--size $2: says why" \
        grep -qF -e "multikernel: --size: $1" <(head -n 1 err.txt)
}

wrong "the range 'n=64:1:x2' is empty" n=64:1:x2
for step in x1 x0 +0; do
    wrong "the step of 'n=1:64:$step' does not grow" "n=1:64:$step"
done
wrong "sizes are positive, but 'n=0:64:x2' begins at 0" n=0:64:x2
huge=99999999999999999999
wrong "a number is too large in the range 'n=1:$huge:x2'" "n=1:$huge:x2"
wrong "a number is too large in the range 'n=1:2:x$huge'" "n=1:2:x$huge"
for range in 1:64 1:64: 1:64:2 1:64:x 1:64:x2x 1:64:+-2 1::x2 :64:x2 -1:64:x2; do
    wrong "expected LOW:HIGH:xN or LOW:HIGH:+N, got 'n=$range'" "n=$range"
done
wrong "n is given twice" n=1:64:x2,n=3
wrong "more than 4096 shapes, with 'n=1:5000:+1'" n=1:5000:+1
wrong "more than 4096 shapes, with 'n=1:9223372036854775807:+1'" \
    n=1:9223372036854775807:+1
wrong "more than 4096 shapes, with 'n=1:100:+1,m=1:100:+1'" \
    n=1:100:+1,m=1:100:+1
most=9223372036854775807
wrong "more than 4096 shapes, with 'n=1:$most:x2,m=1:66:+1'" n=1:$most:x2,m=1:66:+1
mk run plain.mk.json --size n=1:$most:x2,m=1:65:+1
check "a range up to the highest number: 63 times 65 shapes" err "there is no size 'm'"
check "what is wrong with all of them: told once" equal \
    "$(grep -c "there is no size 'm'" err.txt)" 1
mk run plain.mk.json --size n=1:4096:+1 --size n=1
check "--size, all together: wrong input" exits 2
check "--size, all together: says why" err "more than 4096 shapes, with 'n=1'"

# ---- The matrix -------------------------------------------------------------

mk run plain.mk.json --size n=10:1000:x10
check "3 shapes: done" exits 0
check "3 shapes: a table for each" equal "$(grep -c '^pick:' out.txt)" 3
check "3 shapes: a header of them all" \
    out_like '^plain, on cpu \(.*\): 3 shapes, 2 variants$'
check "matrix: titles" out_like '^ +n +best +few +many$'
check "matrix: shapes down" rows "10 100 1000 "
check "matrix: the pick is marked" grep -qE ' \*1\.00 +~?[0-9.]+$' <(row 10)
check "matrix: another pick elsewhere" grep -qE ' ~?[0-9.]+ +\*1\.00$' <(row 1000)
check "matrix: the time of the best" equal \
    "$(awk '$1 == 1000 { print $2, $3; exit }' out.txt)" \
    "$(awk '/ 1\.000 / { time = $3 " " $4 } END { print time }' out.txt)"
check "matrix: what the signs mean" out_like '^\* the pick'
check "summary: on how many shapes it is the pick" out_like '^few +1 +3 '
check "summary: ... and the other" out_like '^many +2 +3 '
check "summary: where it is worst" out_like '^many .* n=10$'
check "summary: how the picks came about" out_like '^picks: +3 from the benchmark$'
check "summary: what one for all costs" out_like '^for all: +many takes '

counted run plain.mk.json --size n=10:1000:x10 --size n=20 --size n=30
check "5 shapes: done" exits 0
check "5 shapes: no table of their own" no_out "pick: "
check "5 shapes: the matrix" rows "10 100 1000 20 30 "
check "5 shapes: nothing on stderr" quiet
check "5 shapes: stored or not" \
    out_like '^picks: +2 from the benchmark, 3 from the store'
counted run plain.mk.json --size n=10:1000:x10 --size n=20 --size n=30 --verbose
check "--verbose: tables, though there are many" equal "$(grep -c '^pick:' out.txt)" 5
check "again: only the final calls" equal "$calls" 5
mk run plain.mk.json --size n=10
check "one shape: no matrix" no_out "for all:"
mk run plain.mk.json --size n=10 --size n=10
check "the same shape twice: two rows" rows "10 10 "

mk run plain.mk.json --size n=10 --size n=1000 --pick few
check "forced: marked without a time" out_like '^ +10 +- +\* +\?$'
check "forced: what the sign means" out "? not timed"

shaped mixed "$few, $many,
    {\"name\": \"bad\", \"entry\": \"bad\"},
    {\"name\": \"wide\", \"entry\": \"few\", \"where\": \"n > 100\"},
    {\"name\": \"odd\", \"entry\": \"few\", \"requires\": {\"sizes\": \"n % 2 == 1\"}}" \
    >mixed.mk.json
mk run mixed.mk.json --size n=10 --size n=1000
check "put out, left out, ineligible: signs" grep -qE ' ! +- +-$' <(row 10)
check "put out: left out no more" grep -qE ' ! +~?[0-9.]+ +-$' <(row 1000)
check "put out: told" out_like '^bad: put out at 2 of 2 shapes, first at n=10: wrong: '

# ---- A page that is too narrow ----------------------------------------------

if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    shaped space "$many, {\"name\": \"few\", \"entry\": \"few\",
        \"defines\": {\"WIDTH\": [1, 2, 3, 4, 5, 6, 7, 8, 9]}}" >space.mk.json
    mk run space.mk.json --size n=10 --size n=1000 --size n=20 --size n=30 --size n=40
    check "no terminal: whole names" out_like ' few\[WIDTH=1\] .* few\[WIDTH=9\]$'
    on_page() {
        NO_COLOR=1 script -qec "stty cols $1; '$MULTIKERNEL' run space.mk.json \
            --size n=10 --size n=1000 --size n=20 --size n=30 --size n=40 \
            2>/dev/null" /dev/null </dev/null | tr -d '\r' >out.txt
    }
    on_page 110
    check "110 columns: names by values" out_like ' few\[1\] .* few\[9\]$'
    on_page 80
    check "80 columns: letters" out_like ' a +b .*'
    check "80 columns: no line is longer" [ -z "$(grep -E '^.{81}' out.txt)" ]
    on_page 40
    check "40 columns: what is the pick somewhere is there" \
        equal "$(grep -cE '^ *(10|1000) .*\*1\.0' out.txt)" 2
    check "40 columns: says how many there are" out_like '[0-9] of 10 variants'
else
    skip "a narrow page: there is no script(1) to make one"
fi

# ---- tune -------------------------------------------------------------------

counted tune shaped.mk.json
check "tune: done" exits 0
check "tune: every hint" equal \
    "$(grep -cE '^shaped, n=(10|1000): ' out.txt)" 2
check "tune: measures" [ "$calls" -gt 10 ]
check "tune: the matrix" rows "10 1000 "
counted tune shaped.mk.json
check "tune again: done" exits 0
check "tune again: benchmarks nothing" equal "$calls" 0
counted tune shaped.mk.json --size n=300
check "tune --size: that shape only" equal "$(grep -c '^shaped, ' out.txt)" 1
mk tune shaped.mk.json --json
check "tune --json: an object" is_json
check "tune --json: both hints" equal "$(grep -c '"lead": ' out.txt)" 2
check "tune --json: a summary of them" out_like '^ +"shapes": 2,'

# ---- Policies ---------------------------------------------------------------

counted run shaped.mk.json --policy nearest --size n=12 --size n=800
check "nearest: done" exits 0
check "nearest: the hint's, though the shape is new" \
    out_like '^policy: +nearest runs few, the nearest size hint'
check "nearest: titles" out_like '^ +n +best +nearest +from +regret +few +many$'
check "nearest: picks, whence, and regret" \
    grep -qE '^ *12 +[0-9.]+ [mun]?s +few +nearest +1\.0[01] ' <(row 12)
check "nearest: another pick elsewhere" \
    grep -qE '^ *800 +[0-9.]+ [mun]?s +many +nearest +1\.0[01] ' <(row 800)
check "nearest: the mean and the worst" \
    out_like '^regret: +what nearest runs takes 1\.0[01] times'

mk run shaped.mk.json --policy nearest --size n=12 --size n=800 --size n=12
check "nearest, a shape that was there before: its own pick again" equal \
    "$(grep -cE '^ *12 .* few +nearest ' out.txt)" 2
counted run shaped.mk.json --policy nearest
check "no --size: the hints" rows "10 1000 "
check "no --size: all is known" equal "$calls" 2
mk run shaped.mk.json --policy nearest --size n=12 --size n=800 --pick many
check "--pick with --policy: it is forced" \
    grep -qE ' many +forced +~?[0-9.]+ ' <(row 12)
check "--pick with --policy: its regret is more than 1" \
    [ -z "$(row 12 | grep -E ' forced +~?1\.00 ')" ]
check "--pick with --policy: the best are not forced" \
    grep -qE ' \*1\.00 ' <(row 12)

MULTIKERNEL_PICK=many mk run shaped.mk.json --policy nearest --size n=12 --size n=800
check "MULTIKERNEL_PICK with --policy: it is forced" \
    grep -qE ' many +forced +' <(row 12)
check "MULTIKERNEL_PICK with --policy: the best are not forced" \
    grep -qE ' \*1\.00 ' <(row 12)
shaped wide "$few, {\"name\": \"wide\", \"entry\": \"many\", \"where\": \"n > 99\"}" \
    "$hints" >wide.mk.json
mk run wide.mk.json --policy nearest --pick wide --size n=12
check "--pick with --policy of what is left out at a shape: done" exits 0
check "--pick with --policy of what is left out at a shape: gives way" \
    out "nearest runs few"

counted run shaped.mk.json --policy measure --size n=64 --size n=70
check "measure: one tuning for the bucket" \
    equal "$(find cache -name '*.pick' -exec grep -lE 'n=64\.\.[0-9]+' {} + | wc -l)" 1
counted run shaped.mk.json --policy measure --size n=64 --size n=70
check "measure again: only the final calls" equal "$calls" 2
check "measure again: from the store" grep -qE ' few +store ' <(row 70)
mk run shaped.mk.json --policy measure --exact-shapes --size n=70
check "--exact-shapes: done" exits 0
check "--exact-shapes: a pick of that shape" \
    [ -n "$(find cache -name '*.pick' -exec grep -l '"x=float32\[70\] y=float32\[70\] n=70"' {} +)" ]
mk run shaped.mk.json --policy nearest-k --nearest 1 --size n=100
check "nearest-k, one: never differs" out_like '^policy: +nearest-k runs .*nearest size'
mk run shaped.mk.json --policy nearest-k --nearest 2 --size n=100
check "nearest-k, two that differ: measures" \
    out_like '^policy: +nearest-k runs many, from the benchmark'

mk run shaped.mk.json --policy nearest --json --size n=12 --size n=800
check "--json: an object" is_json
for member in '"policy": "nearest",' '"from": "nearest",' '"n": 1000' \
    '"regret": 1.0'; do
    check "--json: $member" out "$member"
done
check "--json: distances" out_like '"distance": 0\.[0-9]+'
check "--json: a summary" out_like '^ +"shapes": 2,'
mk run plain.mk.json --policy measure --json --size n=12
check "--json, no hints: null" out '"hint": null'

counted tune shaped.mk.json --policy measure --size n=200 --size n=210
check "tune --policy: done" exits 0
counted run shaped.mk.json --policy measure --size n=200 --size n=210 --mode frozen
check "tune --policy: the store is full" exits 0
check "tune --policy: the bucket, too" equal "$calls" 2
counted run shaped.mk.json --policy nearest --mode frozen --size n=11
check "frozen, nearest: runs, though the shape was never tuned" exits 0
check "frozen, nearest: the regret is not known" out "not known"

sed 's/"sizes": .*/"sizes": {"r": 1}, "size_hints": {"r": [1, 8]},/' grid.mk.json \
    >open.mk.json
mk run open.mk.json --policy nearest --size r=1:4:x2,c=3
check "a size that hints do not name: what the shapes have" exits 0
mk run open.mk.json --policy nearest --size r=1,c=3 --size r=2,c=4
check "... or the first of them" exits 0
mk run open.mk.json --policy nearest
check "... or nothing" err "size 'c' has no default"

# ---- picks ------------------------------------------------------------------

mk picks list
check "picks list: buckets" out_like \
    ' x=float32\[64\.\.([0-9]+)\] y=float32\[64\.\.\1\] n=64\.\.\1 '
check "picks list: by multi-kernel and shapes" equal \
    "$(awk '$2 == "plain" { print $5 }' out.txt | tr '\n' ' ')" \
    "$(awk '$2 == "plain" { print $5 }' out.txt | sort -V | tr '\n' ' ')"
key=$(sed -nE 's/^([0-9a-f]+) .*n=64\.\..*/\1/p;T;q' out.txt)
mk picks show "$key"
check "picks show: what a bucket's pick serves" \
    out_like '^serves: +every call whose sizes lie in these ranges'
key=$(sed -nE 's/^([0-9a-f]+) .*n=12 .*/\1/p;T;q' <("$MULTIKERNEL" picks list))
mk picks show "$key"
check "picks show: one of a shape serves no more" no_out "serves:"

# ---- Wrong input ------------------------------------------------------------

# refused TEXT ARGUMENT...
refused() {
    local text=$1
    shift
    mk "$@"
    check "$*: wrong input" exits 2
    check "$*: says why" err "$text"
}

refused "--policy: expected nearest, measure or nearest-k, got 'near'" \
    run shaped.mk.json --policy near
for value in 0 -1 x ""; do
    refused "--nearest: expected a positive integer, got '$value'" \
        run shaped.mk.json --policy nearest-k --nearest "$value"
done
refused "--nearest is for --policy nearest-k" run shaped.mk.json --nearest 2
refused "--nearest is for --policy nearest-k" \
    run shaped.mk.json --policy measure --nearest 2
refused "--exact-shapes is for" run shaped.mk.json --exact-shapes
refused "--exact-shapes is for" \
    tune shaped.mk.json --exact-shapes --policy nearest
refused "by_shape.nearest is 1000" \
    run shaped.mk.json --policy nearest-k --nearest 1000
refused "no size hints" run plain.mk.json --policy nearest
check "no hints: nothing on stdout" [ ! -s out.txt ]
refused "there is no size 'm'" run shaped.mk.json --policy nearest --size m=3

finish
