#!/usr/bin/env python3
"""What PyTorch Inductor picks, and how long that takes it, on this machine.

Compiles five operations on rows at nine shapes under multi_kernel=1, exports every
multi-kernel (tools/export_inductor.py) to FOLDER/kernels, and writes what Inductor
measured to FOLDER/inductor.jsonl, for bench_gpu to read. README.md says what the
lines hold.

    python3 bench/gpu/inductor.py FOLDER
"""

import argparse
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))

SHAPES = [
    (4096, 256),
    (4096, 1024),
    (4096, 4096),
    (1024, 16384),
    (64, 65536),
    (32768, 512),
    (1, 1048576),
    (16, 1024),
    (8192, 8192),
]
REPEATS = 15
BATCHES = 9
CALLS = 100


def operations(torch):
    functional = torch.nn.functional

    def softmax(x):
        return torch.softmax(x, -1)

    def layer_norm(x, w, b):
        return functional.layer_norm(x, x.shape[-1:], w, b)

    def rms_norm(x, w):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * w

    def row_sum(x):
        return x.sum(-1)

    def logsumexp(x):
        return torch.logsumexp(x, -1)

    return {softmax: 0, layer_norm: 2, rms_norm: 1, row_sum: 0, logsumexp: 0}


def host_ns(torch, call):
    """Host time of one call: the median over batches, nothing waited for in them."""
    batches = []
    for _ in range(BATCHES):
        torch.cuda.synchronize()
        start = time.perf_counter_ns()
        for _ in range(CALLS):
            call()
        batches.append((time.perf_counter_ns() - start) / CALLS)
    torch.cuda.synchronize()
    return statistics.median(batches)


def measure(torch, call, args, kwargs, run):
    """Inductor's own benchmark, again and again, and what a call costs after it."""
    picks, times, took = [], [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        timings = call.benchmark_sub_kernels(*args, **kwargs)
        took.append((time.perf_counter() - start) * 1e3)
        times.append(timings)
        picks.append(timings.index(min(timings)))
    call.picked_kernel = picks[0]
    picked = call.kernels[picks[0]].run
    filtered = call._get_filtered_args(args, picks[0])
    return {
        "kernels": [kernel.inductor_meta["kernel_name"] for kernel in call.kernels],
        "picks": picks,
        "times_ms": times,
        "bench_ms": took,
        "run_ns": host_ns(torch, lambda: run(call, *args, **kwargs)),
        "launch_ns": host_ns(torch, lambda: picked(*filtered, **kwargs)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="where to write")
    folder = parser.parse_args().folder
    os.makedirs(folder, exist_ok=True)
    # From nothing: what an earlier run kept would be picked unseen.
    os.environ["TORCHINDUCTOR_MULTI_KERNEL"] = "1"
    os.environ["TORCHINDUCTOR_DISABLE_MULTI_KERNEL_CACHE"] = "1"
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = os.path.join(folder, "cache")

    import torch
    import torch._inductor.config as config
    from torch._inductor.codegen.multi_kernel import MultiKernelCall
    from torch._inductor.runtime.triton_heuristics import CachingAutotuner

    import export_inductor

    config.triton.multi_kernel = 1
    run, run_single = MultiKernelCall.run, CachingAutotuner.run
    ran, inside = {}, []

    def remember(self, *args, **kwargs):
        inside.append(self)
        result = run(self, *args, **kwargs)
        inside.pop()
        ran[id(self)] = (self, args, dict(kwargs))
        return result

    def remember_single(self, *args, **kwargs):
        result = run_single(self, *args, **kwargs)
        if not inside and not kwargs.get("benchmark_run"):
            ran[id(self)] = (self, args, dict(kwargs))
        return result

    MultiKernelCall.run, CachingAutotuner.run = remember, remember_single
    print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}", flush=True)
    count, start = 0, time.time()
    with open(os.path.join(folder, "inductor.jsonl"), "w", encoding="utf-8") as lines:
        for operation, vectors in operations(torch).items():
            for rows, cols in SHAPES:
                torch._dynamo.reset()
                ran.clear()
                inputs = [torch.randn(rows, cols, device="cuda")]
                inputs += [torch.randn(cols, device="cuda") for _ in range(vectors)]
                torch.compile(operation)(*inputs)
                torch.cuda.synchronize()
                graph = f"{operation.__name__}_{rows}x{cols}"
                # What runs from here on is no part of the graph.
                inside.append(None)
                for i, (call, args, kwargs) in enumerate(ran.values()):
                    name, kernels = f"{graph}_{i}", os.path.join(folder, "kernels")
                    several = isinstance(call, MultiKernelCall)
                    if several:
                        path = export_inductor.export_multi(call, args, kwargs, kernels, name)
                        measured = measure(torch, call, args, kwargs, run)
                    else:
                        kernel = export_inductor.Kernel(call, args)
                        path = export_inductor.write(kernels, name, [kernel])
                        measured = {"kernels": [kernel.name], "picks": [0]}
                    line = {
                        "definition": os.path.relpath(path, folder),
                        "op": operation.__name__,
                        "rows": rows,
                        "cols": cols,
                        "graph": graph,
                        **measured,
                    }
                    lines.write(json.dumps(line) + "\n")
                    lines.flush()
                    count += several
                inside.pop()
            print(f"{operation.__name__}: {count} so far, {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
