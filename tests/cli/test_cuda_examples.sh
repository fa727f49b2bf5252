#!/usr/bin/env bash
# The examples for GPUs: every variant of some sizes is compiled by the true
# compiler, for a driver that drives nothing (tests/support/fake_cuda.h). What
# they compute is example_cuda_check's matter, on a GPU.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

: "${BUILD_DIR:?the folder of the build}"

examples=$SOURCE_DIR/examples/cuda
toolkit=${CUDA_HOME:-${CUDA_PATH:-/usr/local/cuda}}
export MULTIKERNEL_LIBCUDA=$BUILD_DIR/tests/libfake_cuda.so

mk run "$examples/transpose/transpose.mk.json" --no-verify
if grep -q "CUDA source needs NVRTC" out.txt err.txt; then
    echo "skipped: no NVRTC"
    exit 77
fi
if [ ! -f "$toolkit/include/mma.h" ]; then
    echo "skipped: no headers of the CUDA toolkit in $toolkit/include"
    exit 77
fi

# compiles OPERATION VARIANTS SIZES: at these sizes there are so many variants,
# and all compile. The driver's GPU is small, so some may not run.
compiles() {
    local name=$1 count=$2 sizes=$3
    mk run "$examples/${name%_tf32}/$name.mk.json" --no-verify --json --size "$sizes"
    check "$name at $sizes: done" exits 0
    check "$name at $sizes: its variants" \
        equal "$(grep -o '"status": "' out.txt | wc -l)" "$count"
    check "$name at $sizes: all compile" \
        equal "$(grep -o '"status": "not-compiled"' out.txt | wc -l)" 0
}

for name in softmax layer_norm rms_norm; do
    compiles $name 12 rows=16,cols=1024
    compiles $name 36 rows=8192,cols=1024
    compiles $name 35 rows=1024,cols=16384
    compiles $name 13 rows=1,cols=1048576
done
for name in row_sum logsumexp; do
    compiles $name 12 rows=16,cols=1024
    compiles $name 36 rows=8192,cols=1024
    compiles $name 32 rows=1024,cols=16384
    compiles $name 21 rows=1,cols=1048576
done
compiles transpose 8 rows=64,cols=64
compiles matmul 32 m=64,n=64,k=64
compiles matmul_tf32 15 m=64,n=64,k=64

finish
