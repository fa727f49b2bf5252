# shellcheck shell=bash
# Sourced by the tests beside it. ctest sets MULTIKERNEL, the program, and
# SOURCE_DIR, the repository's root; each test has a folder and a cache of its
# own, and leaves nothing behind.
#
#   mk run scale.mk.json          runs the program: $status, out.txt, err.txt
#   check "it is done" exits 0    prints `ok - it is done`, or `not ok - ...`
#   finish                        at the end

: "${MULTIKERNEL:?the program to test}" "${SOURCE_DIR:?the root of the repository}"

unset MULTIKERNEL_MODE MULTIKERNEL_PICK MULTIKERNEL_LOG MULTIKERNEL_RETUNE \
    MULTIKERNEL_DISABLE_CACHE MULTIKERNEL_TUNE_BUDGET_MS MULTIKERNEL_VERIFY \
    MULTIKERNEL_ISOLATE MULTIKERNEL_WORKER MULTIKERNEL_METRICS \
    MULTIKERNEL_METRICS_DIR MULTIKERNEL_LIBCUDA MULTIKERNEL_LIBNVRTC \
    NO_COLOR CALLS

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export MULTIKERNEL_CACHE_DIR=$work/cache
export MULTIKERNEL_SYSTEM_CACHE_DIR=$work/system
export TERM=xterm

passed=0
failed=0
status=0
calls=0

# ---- Running ----------------------------------------------------------------

# mk ARGUMENT...
mk() {
    status=0
    "$MULTIKERNEL" "$@" >out.txt 2>err.txt </dev/null || status=$?
}

# counted ARGUMENT...: as mk; sets $calls to the kernel launches there were.
# shellcheck disable=SC2034 # the tests use it
counted() {
    : >calls
    CALLS=$work/calls mk "$@"
    calls=$(wc -c <calls)
}

# ---- Checking ---------------------------------------------------------------

check() {
    local title=$1
    shift
    if "$@"; then
        echo "ok - $title"
        passed=$((passed + 1))
    else
        echo "not ok - $title"
        echo "# expected: $*"
        echo "# exit status $status; standard output and error:"
        sed 's/^/# | /' out.txt err.txt
        failed=$((failed + 1))
    fi
}

skip() {
    echo "skipped - $1"
}

exits() {
    [ "$status" -eq "$1" ]
}

equal() {
    [ "$1" = "$2" ]
}

# out TEXT, err TEXT: a line holds TEXT; no_out, no_err: no line does.
out() {
    grep -qF -e "$1" out.txt
}

err() {
    grep -qF -e "$1" err.txt
}

no_out() {
    ! out "$1"
}

no_err() {
    ! err "$1"
}

# out_like REGEX, err_like REGEX
out_like() {
    grep -qE -e "$1" out.txt
}

err_like() {
    grep -qE -e "$1" err.txt
}

quiet() {
    [ ! -s err.txt ]
}

# The standard output is one JSON object; true where no tool can tell.
is_json() {
    if command -v jq >/dev/null; then
        jq -e 'type == "object"' out.txt >/dev/null
    elif command -v python3 >/dev/null; then
        python3 -m json.tool out.txt >/dev/null
    fi
}

# pick_of FILE: the name of the pick in the output of `run`.
pick_of() {
    sed -n 's/^pick: *\([^,]*\),.*/\1/p' "$1"
}

finish() {
    # In the words of cmocka, which scripts/test adds up.
    [ "$passed" -gt 0 ] && echo "[  PASSED  ] $passed test(s)."
    [ "$failed" -gt 0 ] && echo "[  FAILED  ] $failed test(s)."
    [ "$failed" -eq 0 ]
    exit
}

# ---- Kernels ----------------------------------------------------------------

# scale.c: y = 2 x, in several ways. Each launch appends a byte to the file
# $CALLS, if that is set.
cat >scale.c <<'C'
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static void count(void)
{
    const char *path = getenv("CALLS");
    int file = path ? open(path, O_WRONLY | O_APPEND) : -1;

    if (file < 0)
        return;
    if (write(file, ".", 1) != 1)
        abort();
    close(file);
}

void plain(const float *x, float *y, int64_t n)
{
    count();
    for (int64_t i = 0; i < n; ++i)
        y[i] = 2 * x[i];
}

/* Far slower, so that it never is a near thing. */
void slow(const float *x, float *y, int64_t n)
{
    count();
    for (volatile int i = 0; i < 50000; ++i)
        ;
    for (int64_t i = 0; i < n; ++i)
        y[i] = 2 * x[i];
}

/* So slow that a tuning takes seconds. */
void sleepy(const float *x, float *y, int64_t n)
{
    count();
    usleep(100000);
    for (int64_t i = 0; i < n; ++i)
        y[i] = 2 * x[i];
}

void drowsy(const float *x, float *y, int64_t n)
{
    count();
    usleep(150000);
    for (int64_t i = 0; i < n; ++i)
        y[i] = 2 * x[i];
}
C

# definition NAME VARIANTS [MEMBERS]: prints a definition around scale.c, with
# the members of the array `variants`, and further members of the object.
definition() {
    cat <<JSON
{
  "multikernel": 1,
  "name": "$1",
  "language": "c",
  "source": "scale.c",
  "flags": ["-O1"],
  "params": [
    {"name": "x", "type": "float32*", "intent": "in", "shape": ["n"]},
    {"name": "y", "type": "float32*", "intent": "out", "shape": ["n"]},
    {"name": "n", "type": "int64"}
  ],
  "sizes": {"n": 1000},${3:-}
  "variants": [
    $2
  ]
}
JSON
}

slow='{"name": "slow", "entry": "slow"}'
plain='{"name": "plain", "entry": "plain"}'
definition scale "$slow, $plain" >scale.mk.json
