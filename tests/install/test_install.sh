#!/usr/bin/env bash
# Installs to a fresh prefix, moves that prefix, and builds a stranger's program
# against it: through pkg-config and through find_package, shared and static.
# ctest sets SOURCE_DIR, BUILD_DIR and CC.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

consumer=$SOURCE_DIR/tests/install/consumer
prefix=$work/moved

# Moved after installing: nothing in there may remember where it was first.
cmake --install "$BUILD_DIR" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$prefix"

pc=$(find "$prefix" -name multikernel.pc)
libdir=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=${pc%/*}
version=$(pkg-config --modversion multikernel)

echo "== pkg-config, shared"
# shellcheck disable=SC2046 # flags are words
"$CC" -std=c11 "$consumer/consumer.c" -o "$work/shared" \
    $(pkg-config --cflags --libs multikernel) -Wl,-rpath,"$libdir"
"$work/shared" "$version"

echo "== pkg-config, ours static"
# Only ours: pkg-config --static would want the others' archives too, and theirs.
mapfile -t requires < <(pkg-config --print-requires-private multikernel)
# shellcheck disable=SC2046
"$CC" -std=c11 "$consumer/consumer.c" -o "$work/static" \
    $(pkg-config --cflags multikernel) "$libdir/libmultikernel.a" \
    $(pkg-config --libs "${requires[@]}") -pthread -ldl -lm
"$work/static" "$version"

echo "== find_package"
cmake -G Ninja -S "$consumer" -B "$work/build" \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$CC" >"$work/cmake.log"
cmake --build "$work/build" >>"$work/cmake.log" || {
    cat "$work/cmake.log"
    exit 1
}
"$work/build/consumer" "$version"
"$work/build/consumer_static" "$version"

if [ -n "${MULTIKERNEL:-}" ]; then
    echo "== the program finds its library beside itself"
    "$prefix/bin/multikernel" --version

    echo "== the library finds the worker"
    tune() {
        MULTIKERNEL_LOG=warning MULTIKERNEL_CACHE_DIR=$work/cache \
            "$prefix/bin/multikernel" tune --retune --budget=1 \
            "$SOURCE_DIR/examples/kernels/row_sum/row_sum.mk.json" 2>&1
    }
    worker=$(find "$prefix" -name multikernel-worker)
    if tune | grep "isolated in forks"; then
        exit 1
    fi
    mv "$worker" "$worker.gone"
    tune | grep "isolated in forks.*${worker#"$prefix"/}" >"$work/tune.log"
fi
