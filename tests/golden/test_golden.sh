#!/usr/bin/env bash
# What is emitted, byte by byte (H6): each case of `emit_cases` against its folder in
# expected/. With --update, what is emitted takes the place of what was expected.
#
#   MULTIKERNEL=build/dev/bin/multikernel tests/golden/test_golden.sh [--update]
set -euo pipefail

golden=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
multikernel=$(realpath "${MULTIKERNEL:?the program multikernel}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$golden/source" "$golden/choices" "$work"
cd "$work"
export MULTIKERNEL_CACHE_DIR=$work/cache

# emit_case NAME KIND FILE [OPTION]...
emit_case() {
    local name=$1
    shift
    "$multikernel" emit "$1" "source/$2" -o "emitted/$name" "${@:3}" >/dev/null
}

emit_cases() {
    emit_case dispatcher_jit dispatcher blend.mk.json
    emit_case dispatcher_aot dispatcher blend.mk.json --pass aot \
        --choices choices/plain.json
    emit_case dispatcher_fleet dispatcher blend.mk.json --pass aot \
        --choices choices/plain.json --choices choices/avx2.json
    emit_case dispatcher_shapes_aot dispatcher outer.mk.json --pass aot \
        --choices choices/plain.json
    emit_case wrapper_jit wrapper pair.mk.json --main
    emit_case wrapper_aot wrapper pair.mk.json --pass aot --main \
        --choices choices/plain.json
    emit_case wrapper_fleet wrapper pair.mk.json --pass aot \
        --choices choices/plain.json --choices choices/avx2.json
    emit_case wrapper_open_aot wrapper open.mk.json --pass aot --main \
        --choices choices/plain.json
    # What a hint's winner is would be another one on every machine; this mode
    # takes the first that may run.
    export MULTIKERNEL_MODE=cached
    emit_case dispatcher_shapes_jit dispatcher outer.mk.json
    emit_case wrapper_open_jit wrapper open.mk.json --main
    unset MULTIKERNEL_MODE
}

emit_cases
if [ "${1:-}" = --update ]; then
    rm -rf "$golden/expected"
    mv emitted "$golden/expected"
    exit
fi
mv emitted first
emit_cases
diff -r first emitted || {
    echo "emitting twice gives different text"
    exit 1
}
diff -ru "$golden/expected" emitted || {
    echo "what is emitted is not as expected: look at the difference, and if it is right, run" \
        "tests/golden/test_golden.sh --update"
    exit 1
}
