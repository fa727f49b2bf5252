#!/usr/bin/env bash
# All of the benchmark, in one command, on a machine with a GPU and PyTorch: what
# Inductor picks, then what the library picks among the same kernels. The tables
# come last.
#
#   bench/gpu/run.sh [PREPARED]
#
# PREPARED is what scripts/gpu-test --prepare gathered; else it is gathered here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

prepared=${1:-}
if [ -z "$prepared" ]; then
    prepared=build/gpu/gathered
    scripts/gpu-test --prepare "$prepared"
fi
prepared=$(realpath "$prepared")
export LD_LIBRARY_PATH=$prepared/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export MULTIKERNEL_WORKER=$prepared/libexec/multikernel/multikernel-worker
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export MULTIKERNEL_CACHE_DIR=$folder/picks

python3 bench/gpu/inductor.py "$folder"
"$prepared/bin/bench_gpu" --folder "$folder" --examples examples/cuda
