#!/usr/bin/env bash
# Variants that do what they should not: each has its fate, the others go on, and
# the result is right.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cat >faults.c <<'C'
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static void fill(const float *x, float *y, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        y[i] = 2 * x[i];
}

void right(const float *x, float *y, int64_t n) { fill(x, y, n); }

void off(const float *x, float *y, int64_t n)
{
    fill(x, y, n);
    y[3] += 1;
    y[n - 1] = -9;
}

void short_of(const float *x, float *y, int64_t n) { fill(x, y, n - 2); }

void beyond(const float *x, float *y, int64_t n)
{
    fill(x, y, n);
    ((volatile float *)y)[n] = 5;
}

void scribbles(const float *x, float *y, int64_t n)
{
    fill(x, y, n);
    *(volatile float *)(uintptr_t)x = 5;
}

void crashes(const float *x, float *y, int64_t n)
{
    fill(x, y, n);
    *(volatile int *)(uintptr_t)(n / 1000000 + 64) = 1;
}

void leaves(const float *x, float *y, int64_t n)
{
    fill(x, y, n);
    _exit(3);
}

void hangs(const float *x, float *y, int64_t n)
{
    volatile int64_t on = n;

    while (on)
        ;
    fill(x, y, n);
}
C

# variant NAME: one whose function has its name, from faults.c.
variant() {
    printf '{"name": "%s", "entry": "%s", "source": "faults.c"}' "$1" "$1"
}

# faulty FAULT: the definition fault.mk.json, with a variant that has the fault
# before and after sound ones.
faulty() {
    definition fault "$(variant right), $(variant "$1"), $plain" >fault.mk.json
}

# ---- Each fault --------------------------------------------------------------

# fate FAULT STATUS DETAIL [OPTION...]
fate() {
    faulty "$1"
    mk run fault.mk.json --timeout 500 "${@:4}"
    check "$1: the others go on" exits 0
    check "$1: nothing on stderr" quiet
    check "$1: its fate" out_like "^ +$1 +$2\$"
    check "$1: why" out_like "^$1: $2: .*$3"
    check "$1: another one is picked" out_like '^pick: +(right|plain), from the b'
    mk run fault.mk.json --timeout 500 --json "${@:4}"
    check "$1, --json: from the store, with the evidence" \
        out_like '"from": "store"'
    check "$1, --json: an object" is_json
    check "$1, --json: status" out "\"status\": \"$2\""
    check "$1, --json: detail" out_like "\"detail\": \".*$3"
}

fate off wrong '2 of 1000'
fate short_of unwritten '2 of 1000'
fate beyond out-of-bounds .
fate scribbles wrote-input .
fate crashes crashed SIGSEGV
fate leaves crashed 3
fate hangs timed-out .

key=$(mk picks list && sed -n '2s/ .*//p' out.txt)
mk picks show "$key"
check "picks show: who is out" out_like '^out: +[a-z_]+ \([a-z-]+\)$'
check "picks show: why" out_like '^[a-z_]+: [a-z-]+: .'
check "picks show: what was checked" out_like '^checked: +.*against right'

# ---- All of them at once ------------------------------------------------------

definition all "$(variant right), $(variant off), $(variant short_of),
    $(variant beyond), $(variant scribbles), $(variant crashes),
    $(variant leaves), $(variant hangs)" >all.mk.json
mk run all.mk.json --timeout 500
check "all at once: the one that is right" equal "$(pick_of out.txt)" right
check "all at once: a note for each" equal "$(grep -c '^[a-z_]*: [a-z-]*: ' out.txt)" 7

# ---- Switched off -------------------------------------------------------------

faulty off
mk run fault.mk.json --no-verify --pick off
check "--no-verify: may be run" equal "$(pick_of out.txt)" off
mk run fault.mk.json --no-verify --no-cache
check "--no-verify: nobody is out" no_out wrong
mk run fault.mk.json --no-isolate --no-cache
check "--no-isolate: verified all the same" out_like '^ +off +wrong$'
faulty leaves
mk run fault.mk.json --no-isolate --no-cache
check "--no-isolate: this process ends" exits 3
MULTIKERNEL_ISOLATE=0 mk run fault.mk.json --no-cache
check "MULTIKERNEL_ISOLATE=0: this process ends" exits 3

# ---- Nothing is right -----------------------------------------------------------

definition none "$(variant crashes), $(variant leaves)" >none.mk.json
mk run none.mk.json
check "none is left: failed" exits 1
check "none is left: says so" err_like '^multikernel: .'
check "none is left: why, for each" equal "$(grep -c ': crashed: ' out.txt)" 2
check "none is left: no pick" no_out "pick:"

finish
