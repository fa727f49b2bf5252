#!/usr/bin/env bash
# Definitions for GPUs: where there is none, what is missing is told; and on a
# driver that drives nothing (tests/support/fake_cuda.h), what runs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

: "${BUILD_DIR:?the folder of the build}"

# Kernels of the fake driver's, which take the time that they say.
cat >k.ptx <<'TEXT'
kernel slow ns=9000 params=8,8,4
kernel fast ns=3000 params=8,8,4
TEXT

# gpu_definition VARIANTS [LANGUAGE]
gpu_definition() {
    cat <<JSON
{
  "multikernel": 1,
  "name": "scale",
  "language": "${2:-ptx}",
  "source": "k.ptx",
  "params": [
    {"name": "x", "type": "float32*", "intent": "in", "shape": ["n"]},
    {"name": "y", "type": "float32*", "intent": "out", "shape": ["n"]},
    {"name": "n", "type": "int32"}
  ],
  "sizes": {"n": 1000},
  "size_hints": {"n": [100, 1000]},
  "variants": [$1]
}
JSON
}

gpu_definition '
    {"name": "slow", "entry": "slow", "grid": ["ceildiv(n, 256)"], "block": [256]},
    {"name": "fast", "entry": "fast", "defines": {"B": [64, 128]},
     "grid": ["ceildiv(n, B)"], "block": ["B"]}' >gpu.mk.json

# ---- No driver --------------------------------------------------------------

export MULTIKERNEL_LIBCUDA=/nonexistent/libcuda.so.1

mk devices
check "no driver: devices: done" exits 0
check "no driver: devices: says why there is no GPU" out_like \
    '^cuda: no NVIDIA driver: /nonexistent/libcuda.so.1: .*; install the driver'
mk devices --json
check "no driver: devices --json: says why" out_like \
    '"missing": "no NVIDIA driver: /nonexistent/libcuda.so.1: '

for command in run tune; do
    mk $command gpu.mk.json
    check "no driver: $command: failed" exits 1
    check "no driver: $command: one line" equal "$(wc -l <err.txt)" 1
    check "no driver: $command: what is missing" err_like \
        '^multikernel: no NVIDIA driver: /nonexistent/libcuda.so.1: '
    check "no driver: $command: nothing on stdout" [ ! -s out.txt ]
done
mk tune gpu.mk.json scale.mk.json
check "no driver: tune: the others are tuned" out_like '^scale, n=1000: plain'
check "no driver: tune: failed" exits 1
mk tune --json gpu.mk.json
check "no driver: tune --json: the error" out_like \
    '"error": "no NVIDIA driver: /nonexistent/libcuda.so.1: '

mk run scale.mk.json
check "no driver: kernels of the CPU run" exits 0

# ---- A driver that drives nothing -------------------------------------------

# Nothing is computed there, so nothing can be verified.
export MULTIKERNEL_LIBCUDA=$BUILD_DIR/tests/libfake_cuda.so

mk devices
check "devices: the GPU" out_like '^cuda:0 \(NVIDIA Fake\)$'
check "devices: its back end" out "back ends: cuda"
check "devices: the CPU's back ends" out "back ends: native, source, object"
mk devices --json
check "devices --json: the GPU" out '"name": "cuda:0"'

mk run gpu.mk.json --no-verify
check "run: done" exits 0
check "run: the device" out "scale, n=1000, on cuda:0 (NVIDIA Fake)"
check "run: the pick" equal "$(pick_of out.txt)" "fast[B=64]"
key=$(sed -n 's,^file: .*/\(.*\)\.pick$,\1,p' out.txt)
mk run gpu.mk.json --no-verify
check "run: from the store" out "from the store"
mk picks show "$key"
check "picks show: the device" out_like '^model: +NVIDIA Fake$'
mk run gpu.mk.json --no-verify --json
check "run --json: the device" out '"name": "cuda:0"'
check "run --json: the back end" out '"backend": "cuda"'
mk run gpu.mk.json --no-verify --device 0
check "run --device 0: the same" out "from the store"

mk tune gpu.mk.json --no-verify
check "tune: done" exits 0
check "tune: a hint" out "scale, n=100: fast[B=64], from the benchmark"
check "tune: the device" out "scale, on cuda:0 (NVIDIA Fake): 2 shapes"
mk run gpu.mk.json --no-verify --policy nearest --size n=70
check "run --policy: done" exits 0
check "run --policy: what runs" out "nearest runs fast[B=64]"

# ---- No compiler ------------------------------------------------------------

gpu_definition '
    {"name": "a", "entry": "rows<B>", "defines": {"B": [64, 128]},
     "grid": ["ceildiv(n, B)"], "block": ["B"]}' cuda >cuda.mk.json
export MULTIKERNEL_LIBNVRTC=/nonexistent/libnvrtc.so
mk run cuda.mk.json
check "no NVRTC: failed" exits 1
check "no NVRTC: one line" equal "$(wc -l <err.txt)" 1
check "no NVRTC: what is missing, once" err_like \
    '^[^/]*; a\[B=64\], a\[B=128\]: CUDA source needs NVRTC: /nonexistent/libnvrtc.so: [^/]*$'
check "no NVRTC: once in the table's notes, too" \
    equal "$(grep -c 'CUDA source needs NVRTC' out.txt)" 1
mk tune cuda.mk.json
check "no NVRTC: tune: failed" exits 1
check "no NVRTC: tune: what is missing" err "CUDA source needs NVRTC: "
unset MULTIKERNEL_LIBNVRTC

# ---- What is wrong ----------------------------------------------------------

mk run gpu.mk.json --device 1
check "run --device 1: failed" exits 1
check "run --device 1: is told" err \
    "multikernel: gpu.mk.json: there is no GPU 1: 1 is there, numbered from 0"
mk run scale.mk.json --device 0
check "run --device on the CPU: wrong input" exits 2
check "run --device on the CPU: is told" err "run on the CPU"
for value in x -1 1.5 "" 4294967296; do
    mk run gpu.mk.json --device "$value"
    check "run --device '$value': wrong input" exits 2
    check "run --device '$value': says why" err \
        "multikernel: --device: expected the number of a GPU, from 0, got '$value'"
done
mk run gpu.mk.json --size n=1099511627776
check "a grid too large: wrong input" exits 2
check "a grid too large: is told" err \
    "variants[0].grid[0]: the value is 4294967296 at n=1099511627776"

mk emit dispatcher gpu.mk.json -o out
check "emit: failed" exits 1
check "emit: what to do instead" err "'multikernel run' and 'tune'"
check "emit: nothing is written" [ ! -e out ]

finish
