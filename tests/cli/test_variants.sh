#!/usr/bin/env bash
# Variants that can't run: the others go on, and it is told why.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >broken.c <<'C'
#include <stdint.h>
void broken(const float *x, float *y, int64_t n) { y[n] = x[oops]; }
void other_type(const double *x, float *y, int64_t n) { y[n] = (float)x[n]; }
C
cat >two_errors.c <<'C'
void two_errors(void) { first_oops; second_oops; }
C

# ---- Not compiled -----------------------------------------------------------

definition broken "$slow,
    {\"name\": \"broken\", \"entry\": \"broken\", \"source\": \"broken.c\"},
    {\"name\": \"gone\", \"entry\": \"no_such_function\"},
    {\"name\": \"mistyped\", \"entry\": \"other_type\", \"source\": \"broken.c\"},
    $plain" >broken.mk.json
mk run broken.mk.json
check "does not compile: the others go on" exits 0
check "does not compile: the best of them" equal "$(pick_of out.txt)" plain
check "does not compile: its fate" out_like '^ +broken +not-compiled$'
check "does not compile: file, line and error" \
    out_like '^broken: not-compiled: .*broken\.c:2:.*oops'
check "no such function: its fate" out_like '^ +gone +not-compiled$'
check "no such function: named" out_like '^gone: .*no_such_function'
check "another prototype: its fate" out_like '^ +mistyped +not-compiled$'
check "another prototype: an error" out_like '^mistyped: .'
mk run broken.mk.json --json
check "does not compile, --json: done" exits 0
check "does not compile, --json: an object" is_json
check "does not compile, --json: status" out '"status": "not-compiled"'

definition verbose "{\"name\": \"two\", \"entry\": \"two_errors\",
     \"source\": \"two_errors.c\"}, $slow, $plain" >verbose.mk.json
mk run verbose.mk.json
check "log: its first error" out "first_oops"
check "log: no more of it" no_out "second_oops"
mk run verbose.mk.json --verbose --retune
check "log, --verbose: all of it" out "second_oops"

definition none '{"name": "broken", "entry": "broken", "source": "broken.c"},
    {"name": "gone", "entry": "no_such_function"}' >none.mk.json
mk run none.mk.json
check "none compiles: failed" exits 1
check "none compiles: says so" err_like '^multikernel: .'
check "none compiles: why, for each" out_like '^broken: .*oops'
check "none compiles: no pick" no_out "pick:"
mk run none.mk.json --json
check "none compiles, --json: failed" exits 1
check "none compiles, --json: an object" is_json
check "none compiles, --json: no pick" out '"pick": null'

# ---- No compiler ------------------------------------------------------------

CC=/nonexistent/cc mk run scale.mk.json --no-cache
check "no compiler: failed" exits 1
check "no compiler: named" grep -qF /nonexistent/cc out.txt err.txt
MULTIKERNEL_CACHE_DIR=$work/empty CC=/nonexistent/cc mk tune scale.mk.json
check "no compiler, tune: failed" exits 1

# ---- Ineligible -------------------------------------------------------------

definition features "$slow,
    {\"name\": \"future\", \"entry\": \"plain\",
     \"requires\": {\"cpu\": [\"avx65536\"]}},
    {\"name\": \"odd\", \"entry\": \"plain\", \"requires\": {\"sizes\": \"n % 2 == 1\"}}
    " >features.mk.json
mk run features.mk.json
check "a missing CPU feature: the others go on" exits 0
check "a missing CPU feature: its fate" out_like '^ +future +ineligible$'
check "a missing CPU feature: named" out_like '^future: ineligible: .*avx65536'
check "a relation that does not hold: its fate" out_like '^ +odd +ineligible$'
check "what is left" equal "$(pick_of out.txt)" slow
mk run features.mk.json --size n=1001
check "a relation that holds: may run" equal "$(pick_of out.txt)" odd
mk run features.mk.json --pick future
check "--pick of an ineligible one: the best eligible one" \
    equal "$(pick_of out.txt)" slow

definition nobody '{"name": "future", "entry": "plain",
     "requires": {"cpu": ["avx65536"]}}' >nobody.mk.json
mk run nobody.mk.json
check "none is eligible: failed" exits 1
check "none is eligible: says so" err_like '^multikernel: .'

# ---- Shared objects ---------------------------------------------------------

if command -v "${CC:-cc}" >/dev/null; then
    cat >object.c <<'C'
#include <stdint.h>
void object(void *const *argv)
{
    const float *x = *(const float **)argv[0];
    float *y = *(float **)argv[1];

    for (int64_t i = 0; i < *(int64_t *)argv[2]; ++i)
        y[i] = 2 * x[i];
}
C
    "${CC:-cc}" -O1 -shared -fPIC object.c -o object.so
    definition mixed "$slow, {\"name\": \"object\", \"entry\": \"object\",
     \"language\": \"shared-object\", \"source\": \"object.so\"},
    {\"name\": \"lost\", \"entry\": \"lost\",
     \"language\": \"shared-object\", \"source\": \"object.so\"}" >mixed.mk.json
    mk run mixed.mk.json
    check "a shared object: runs" equal "$(pick_of out.txt)" object
    check "a symbol that is not there: the others go on" exits 0
    check "a symbol that is not there: named" out_like '^lost: .*lost'
else
    skip "shared objects: no C compiler"
fi

finish
