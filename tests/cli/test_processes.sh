#!/usr/bin/env bash
# Several processes and one key: one measures, the others wait; the death of the
# one that measures blocks nobody.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

definition sleepy '{"name": "drowsy", "entry": "drowsy"},
    {"name": "sleepy", "entry": "sleepy"}' >sleepy.mk.json
mk tune sleepy.mk.json --size n=1 # compiles, so that what follows only measures

# Waits until $victim has launched kernels, at most half a minute.
await_launches() {
    local i
    for ((i = 0; i < 300; ++i)); do
        [ "$(wc -c <calls)" -ge 2 ] && return
        kill -0 "$victim" 2>/dev/null || return
        sleep 0.1
    done
}

# ---- Two at once ------------------------------------------------------------

: >calls.1
: >calls.2
for i in 1 2; do
    CALLS=$work/calls.$i "$MULTIKERNEL" run sleepy.mk.json \
        >"out.$i" 2>"err.$i" </dev/null &
    pids[i]=$!
done
for i in 1 2; do
    status=0
    wait "${pids[i]}" || status=$?
    cp "out.$i" out.txt
    cp "err.$i" err.txt
    check "two at once, number $i: done" exits 0
    check "two at once, number $i: the same pick" equal "$(pick_of out.txt)" sleepy
done
check "two at once: one measures" \
    equal "$(cat out.1 out.2 | grep -c 'from the benchmark')" 1
check "two at once: the other takes its pick" \
    equal "$(cat out.1 out.2 | grep -c 'from the store')" 1
fewest=$(wc -c calls.1 calls.2 | sort -n | awk 'NR == 1 { print $1 }')
check "two at once: the other only runs it" equal "$fewest" 1

# ---- One is killed while it measures ----------------------------------------

: >calls
CALLS=$work/calls "$MULTIKERNEL" run sleepy.mk.json --size n=2 --budget 60000 \
    >out.txt 2>err.txt </dev/null &
victim=$!
await_launches
{
    kill -9 "$victim"
    wait "$victim"
} 2>/dev/null # bash tells of such a death
status=$?
check "killed: while it measured" exits 137
launched=$(wc -c <calls)
check "killed: after the first launches" [ "$launched" -ge 2 ]
before=$(find cache -name '*.pick' | wc -l)

counted run sleepy.mk.json --size n=2
check "after the kill: done" exits 0
check "after the kill: measured" out "sleepy, from the benchmark"
check "after the kill: stored" \
    equal "$(find cache -name '*.pick' | wc -l)" $((before + 1))
counted run sleepy.mk.json --size n=2
check "after the kill: remembered" equal "$calls" 1

# ---- One is killed while another one waits ----------------------------------

: >calls
CALLS=$work/calls "$MULTIKERNEL" run sleepy.mk.json --size n=3 --budget 60000 \
    >/dev/null 2>&1 </dev/null &
victim=$!
await_launches
"$MULTIKERNEL" run sleepy.mk.json --size n=3 >out.txt 2>err.txt </dev/null &
waiting=$!
sleep 0.2
{
    kill -9 "$victim"
    wait "$victim"
} 2>/dev/null # bash tells of such a death
check "killed while another one waits: while it measured" equal $? 137
status=0
wait "$waiting" || status=$?
check "killed while another one waits: that one is done" exits 0
check "killed while another one waits: it measures" \
    out "sleepy, from the benchmark"

finish
