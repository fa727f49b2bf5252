#!/usr/bin/env bash
# One program of examples/programs in one pass: emitted, compiled alone by every
# compiler as C11 and as C++17 without a warning, linked with its kernels, and run
# against a reference in plain C (test_NAME.c), tuned and with every choice forced.
#
#   run.sh NAME jit|aot
#
# From CMake: MULTIKERNEL, SOURCE_DIR, BUILD_DIR, CC, and SANITIZE, the flags of
# the build's sanitizers.
set -euo pipefail

name=$1
pass=$2
here=$SOURCE_DIR/tests/programs
program=$SOURCE_DIR/examples/programs/$name.mk.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "$name, pass $pass: $*" >&2
    exit 1
}

# The program that finds the choices of pass AOT is instrumented as the library is.
export CFLAGS=$SANITIZE LDFLAGS=$SANITIZE
library=(-L"$BUILD_DIR/lib" "-Wl,-rpath,$BUILD_DIR/lib" -lmultikernel)
[ "$pass" = jit ] || library=()

# emit FOLDER [OPTION]...
emit() {
    "$MULTIKERNEL" emit wrapper "$program" --pass "$pass" -o "$@" >emitted.txt
}

# ---- Alone ---------------------------------------------------------------------

warnings=(-pedantic -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wcast-align
    -Wpointer-arith -Wundef -Wwrite-strings -Wformat=2 -Wvla -Wswitch-enum
    -Wimplicit-fallthrough -Wdouble-promotion -Wnull-dereference -Werror)
only_c=(-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition)

compile_alone() {
    local file compiler
    for file in "$1/$name.c" "$1/${name}_main.c"; do
        for compiler in gcc clang; do
            command -v $compiler >/dev/null || continue
            $compiler -std=c11 -O2 "${warnings[@]}" "${only_c[@]}" \
                -I"$SOURCE_DIR/include" -c "$file" -o alone.o
            command -v ${compiler/gcc/g}++ >/dev/null || continue
            ${compiler/gcc/g}++ -x c++ -std=c++17 -O2 "${warnings[@]}" \
                -I"$SOURCE_DIR/include" -c "$file" -o alone.o
        done
    done
}

# ---- Built and run ----------------------------------------------------------------

# build FOLDER: the test and the main program, with the kernels.
build() {
    make -s -f "$1/$name.make" CC="$CC" CFLAGS="-O2 -g $SANITIZE" \
        "${name}_CPPFLAGS=-I$SOURCE_DIR/include" "${name}_LIBS=-lm" >make.txt
    # shellcheck disable=SC2086
    $CC -std=c11 -O1 -g $SANITIZE -I"$1" -I"$here" "$here/test_$name.c" \
        "$1/$name.a" -o "$1/test" "${library[@]}" -lcmocka -lm
    # shellcheck disable=SC2086
    $CC -std=c11 -O1 -g $SANITIZE -I"$1" -I"$SOURCE_DIR/include" \
        "$1/${name}_main.c" "$1/$name.a" -o "$1/main" "${library[@]}" -lm
    nm "$1/test" "$1/main" >symbols.txt
    [ "$pass" = jit ] || ! grep ' [A-Za-z] mk_' symbols.txt ||
        fail "what is emitted needs the library"
}

run_main() {
    "$1/main" --runs 0 --seed 7 >first.txt
    "$1/main" --runs 2 --seed 7 >second.txt
    grep -Eq '^[a-z_0-9]+ checksum [0-9a-f]{16} sum ' first.txt || fail "no checksum"
    grep -q '^time per run: ' second.txt || fail "no time"
    diff first.txt <(grep checksum second.txt) || fail "checksums differ"
}

# choose FILE MULTI KERNEL INDEX [MULTI KERNEL INDEX]...
choose() {
    local file=$1 between=''
    shift
    printf '{"multikernel": 1, "choices": {' >"$file"
    while [ $# -gt 0 ]; do
        printf '%s"%s": {"kernel": "%s", "index": %d}' "$between" "$1" "$2" "$3" >>"$file"
        between=', '
        shift 3
    done
    printf '}}\n' >>"$file"
}

# forced MULTI KERNEL...: every kernel in turn, whatever is faster.
forced() {
    local multi=$1 index=0 kernel
    shift
    for kernel in "$@"; do
        if [ "$pass" = jit ]; then
            MULTIKERNEL_PICK=$multi=$kernel tuned/test
            MULTIKERNEL_PICK=$multi=$kernel tuned/main --runs 0 --record picks.json >first.txt
            grep -q "\"kernel\": *\"$kernel\"" picks.json || fail "$kernel is not forced"
        else
            choose picks.json "$multi" "$kernel" $index
            emit "forced_$index" --main --choices picks.json
            build "forced_$index"
            grep -q "${multi//./_}_$kernel(" "forced_$index/$name.c" ||
                fail "$kernel is not called"
            "forced_$index/test"
        fi
        index=$((index + 1))
    done
}

# by_shape MULTI KERNEL KERNEL KERNEL: one for each of the hints 64, 256, 4096.
by_shape() {
    [ "$pass" = aot ] || return 0
    choose picks.json "$1 at m=64" "$2" 0 "$1 at m=256" "$3" 1 "$1 at m=4096" "$4" 2
    emit shapes --main --choices picks.json
    build shapes
    [ "$(grep -c '^    case\|^    default' shapes/"$name".c)" = 3 ] ||
        fail "not all three kernels are there"
    shapes/test
}

emit tuned --main
if [ -z "$SANITIZE" ]; then
    compile_alone tuned
fi
build tuned
tuned/test
run_main tuned
case $name in
softmax_plus) forced softmax_plus.softmax_plus persistent non_persistent ;;
scratch_total) forced scratch_total.total direct split ;;
matmul_by_shape) by_shape matmul_by_shape.matmul naive ikj 'blocked[BM=16]' ;;
matmul_relu_by_shape) by_shape matmul_relu_by_shape.matmul_relu ijk ikj 'tall[ROWS=4]' ;;
esac
