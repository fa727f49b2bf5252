#!/usr/bin/env python3
"""export_inductor.py on what the true Inductor and Triton make, for a GPU that need
not be there: everything is compiled for a compute capability of 9.0, and nothing is
launched. What is exported is held against the PTX of the same kernels.

Without PyTorch 2.11 and Triton 3.6, whose insides it replaces, it exits with 77."""

import glob
import hashlib
import json
import os
import random
import re
import sys
import tempfile
import types
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

# All of this is read when the modules are.
CACHE = tempfile.TemporaryDirectory()
os.environ["TORCHINDUCTOR_CACHE_DIR"] = CACHE.name
os.environ["TORCHINDUCTOR_MULTI_KERNEL"] = "1"
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
os.environ.pop("TRITON_CACHE_DIR", None)

try:
    import torch
    import triton
except ImportError as why:
    print(f"skipped: {why}")
    sys.exit(77)
if not torch.__version__.startswith("2.11.") or not triton.__version__.startswith("3.6."):
    print(f"skipped: PyTorch {torch.__version__}, Triton {triton.__version__}; 2.11 and 3.6 are known")
    sys.exit(77)

import export_inductor

# ---- A GPU that is not there -------------------------------------------------------

PROPERTIES = types.SimpleNamespace(
    name="none",
    major=9,
    minor=0,
    multi_processor_count=132,
    regs_per_multiprocessor=65536,
    max_threads_per_multi_processor=2048,
    max_threads_per_block=1024,
    warp_size=32,
    total_memory=80 << 30,
    gcnArchName="",
)


class Guard:
    def __init__(self, *args):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False


class Driver:
    """Of Triton's, which loads and launches nothing."""

    launcher_cls = staticmethod(lambda source, metadata: lambda *args: None)
    utils = types.SimpleNamespace(
        load_binary=lambda *args: (1, 1, 32, 0, 1024),
        get_device_properties=lambda device: {"max_shared_mem": 232448},
    )

    def get_current_device(self):
        return 0

    def get_current_target(self):
        return triton.backends.compiler.GPUTarget("cuda", 90, 32)


def pretend():
    """Puts it in the place of what PyTorch and Triton would ask of a driver."""
    def load(kernel, device):
        kernel.function, kernel.n_regs, kernel.n_spills = 1, 32, 0

    zeros = torch.zeros(16, dtype=torch.uint8)
    for name, value in {
        "is_available": True,
        "is_initialized": True,
        "device_count": 1,
        "current_device": 0,
        "get_device_properties": PROPERTIES,
        "get_device_capability": (9, 0),
        "is_current_stream_capturing": False,
        "memory_allocated": 0,
        "max_memory_allocated": 0,
        "get_rng_state": zeros,
        "set_rng_state": None,
        "set_device": None,
        "synchronize": None,
        "_lazy_init": None,
        "_exchange_device": 0,
        "_maybe_exchange_device": 0,
    }.items():
        setattr(torch.cuda, name, lambda *args, value=value, **kwargs: value)
    torch.cuda._DeviceGuard = Guard
    # These keep what they find when they are loaded.
    import torch._subclasses.fake_tensor as fake_tensor
    from torch._inductor.codegen.multi_kernel import MultiKernelCall
    from torch._inductor.runtime import static_triton_launcher, triton_heuristics

    torch._C._cuda_getDevice = lambda: 0
    torch._C._cuda_getCurrentRawStream = lambda device: 0
    torch._C._dynamo.guards._empty_strided_cuda = lambda size, stride, kind: torch.empty_strided(
        size, stride, dtype=kind
    )
    fake_tensor.init_gpu_context = lambda *args: None
    triton.runtime.driver.set_active(Driver())
    triton_heuristics.triton_helpers.set_driver_to_gpu = lambda: None
    triton_heuristics.CachingAutotuner.bench = lambda *args, **kwargs: random.random()
    static_triton_launcher.StaticallyLaunchedTritonKernel.load_kernel = load
    static_triton_launcher.StaticallyLaunchedCudaKernel.C_impl = types.SimpleNamespace(
        _launch_kernel=lambda *args: None
    )

    # Timing a multi-kernel is running each of its kernels, which tunes it.
    def benchmark(call, *args, **kwargs):
        for i, kernel in enumerate(call.kernels):
            kernel.run(*call._get_filtered_args(args, i), **kwargs)
        return [random.random() for kernel in call.kernels]

    MultiKernelCall.benchmark_sub_kernels = benchmark


def run(function, *shapes, kind=torch.float32):
    """What torch.compile does with a function that returns a list, on tensors of the
    CPU's memory."""
    from torch._guards import TracingContext, tracing
    from torch._inductor.compile_fx import compile_fx_inner
    from torch._inductor.decomposition import select_decomp_table
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.experimental.proxy_tensor import make_fx

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    with mode:
        inputs = [torch.empty(shape, dtype=kind, device="cuda") for shape in shapes]
    graph = make_fx(function, decomposition_table=select_decomp_table(), tracing_mode="fake")(*inputs)
    with mode, tracing(TracingContext(mode)):
        compiled = compile_fx_inner(graph, inputs)
    compiled.current_callable([torch.zeros(shape, dtype=kind) for shape in shapes])


# ---- Tests ----------------------------------------------------------------------------


def layer_norm(x, w, b):
    return [torch.nn.functional.layer_norm(x, x.shape[-1:], w, b)]


def rms_norm(x, w):
    return [x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * w]


def bits_of_ptx(cubin):
    """The widths of a kernel's parameters, from the PTX that its cubin was made of."""
    with open(cubin, "rb") as file:
        digest = hashlib.sha256(file.read()).digest()
    for other in glob.glob(os.path.join(CACHE.name, "triton", "**", "*.cubin"), recursive=True):
        with open(other, "rb") as file:
            if hashlib.sha256(file.read()).digest() == digest:
                with open(other[: -len("cubin")] + "ptx", encoding="utf-8") as ptx:
                    text = ptx.read()
                head = text[text.index(".visible .entry") :]
                return [int(bits) for bits in re.findall(r"\.param \.[a-z](\d+)", head[: head.index("{")])]
    raise AssertionError(f"{cubin} is none of Triton's")


def bits_of_definition(definition, variant):
    scalars = {p["name"]: int(re.search(r"\d+", p["type"])[0]) for p in definition["params"] if "shape" not in p}
    # Behind the parameters Triton takes two pointers to scratch memory.
    return [scalars.get(name, 64) for name in variant["params"]] + [64, 64]


class Exported(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        pretend()
        cls.output = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.output.cleanup)
        cls.exporter = export_inductor.install(cls.output.name, singles=True)

    def definitions(self, function, *shapes, **kind):
        """What is exported when the function runs, with their folders."""
        before = len(self.exporter.exported)
        run(function, *shapes, **kind)
        loaded = []
        for path in self.exporter.exported[before:]:
            with open(path, encoding="utf-8") as file:
                loaded.append(json.load(file))
            self.check_bits(os.path.dirname(path), loaded[-1])
        return loaded

    def check_bits(self, folder, definition):
        for variant in definition["variants"]:
            cubin = os.path.join(folder, variant["source"][: -len("json")] + "cubin")
            self.assertEqual(bits_of_definition(definition, variant), bits_of_ptx(cubin), variant)

    def test_softmax_is_a_pair_of_kernels(self):
        (one,) = self.definitions(lambda x: [torch.softmax(x, -1)], (4096, 1024))
        self.assertEqual(len(one["variants"]), 2)
        self.assertEqual(one["sizes"], {"xnumel": 4096, "r0_numel": 1024})
        tensors = [(p["intent"], p["shape"]) for p in one["params"] if "shape" in p]
        self.assertEqual(tensors, [("in", ["xnumel * r0_numel"]), ("out", ["xnumel * r0_numel"])])
        for variant in one["variants"]:
            self.assertEqual(variant["where"], "xnumel == 4096 and r0_numel == 1024")
            self.assertEqual(variant["reduction_hint"], "INNER")
            self.assertIn("xnumel", variant["grid"][0])
            self.assertEqual(variant["grid"][1:], ["1", "1"])

    def test_weights_are_of_one_row(self):
        (one,) = self.definitions(layer_norm, (1024, 16384), (16384,), (16384,))
        shapes = [p["shape"] for p in one["params"] if p.get("intent") == "in"]
        self.assertEqual(shapes, [["xnumel * r0_numel"], ["r0_numel"], ["r0_numel"]])
        self.assertEqual(len(self.definitions(rms_norm, (16, 1024), (1024,))), 1)

    def test_a_long_sum_is_two_multi_kernels(self):
        first, second = self.definitions(lambda x: [x.sum(-1)], (1, 1048576))
        self.assertEqual(first["sizes"]["xnumel"] * first["sizes"]["r0_numel"], 1048576)
        # xnumel is 1, which is in the code, not among the arguments.
        self.assertEqual(second["sizes"], {"r0_numel": first["sizes"]["xnumel"]})

    def test_results_that_take_a_buffer_over_are_inout(self):
        (one,) = self.definitions(lambda x: [torch.logsumexp(x, -1)], (8192, 8192))
        self.assertIn("inout", [p.get("intent") for p in one["params"]])

    def test_mutated_inputs_are_inout(self):
        (one,) = self.definitions(lambda x, y: [x.add_(y.sum(-1, keepdim=True))], (256, 1024), (256, 1024))
        intents = {p["name"]: p.get("intent") for p in one["params"]}
        self.assertIn("inout", intents.values())

    def test_half(self):
        (one,) = self.definitions(lambda x: [torch.softmax(x, -1)], (256, 1000), kind=torch.float16)
        self.assertEqual(one["params"][0]["type"], "float16*")

    def test_a_scan_has_a_workspace(self):
        (one,) = self.definitions(lambda x: [torch.cumsum(x, -1)], (4, 1 << 20))
        (variant,) = one["variants"]
        self.assertEqual([w["name"] for w in variant["workspace"]], ["ws_ptr"])
        self.assertTrue(variant["workspace"][0]["zero"])
        self.assertEqual(variant["grid"][1], "xnumel")

    def test_a_single_kernel_is_exported_too(self):
        (one,) = self.definitions(lambda x, y: [x * y + 1], (300, 70), (300, 70))
        self.assertEqual(one["sizes"], {"xnumel": 21000})

    def test_nothing_is_looked_at_in_a_capture(self):
        outside = torch.cuda.is_current_stream_capturing
        self.addCleanup(setattr, torch.cuda, "is_current_stream_capturing", outside)
        torch.cuda.is_current_stream_capturing = lambda: True
        self.assertEqual(self.definitions(lambda x: [torch.softmax(x, -1)], (128, 2048)), [])
        torch.cuda.is_current_stream_capturing = outside
        self.assertEqual(len(self.definitions(lambda x: [torch.softmax(x, -1)], (128, 2048))), 1)

    def test_multi_kernels_by_size_hints(self):
        from torch._inductor.codegen.multi_kernel import MultiKernelCall, SizeHintMultiKernelCall

        calls = []
        run_multi = MultiKernelCall.run
        self.addCleanup(setattr, MultiKernelCall, "run", run_multi)
        MultiKernelCall.run = lambda call, *args, **kwargs: calls.append((call, args, kwargs))
        self.assertEqual(self.definitions(lambda x: [torch.softmax(x, -1)], (512, 4096)), [])
        ((call, args, kwargs),) = calls
        hints = [((512, 4096), (512, 4096)), None]
        by_hint = SizeHintMultiKernelCall("hints", dict(zip(hints, call.kernels)), call.arg_index)
        before = len(self.exporter.exported)
        by_hint.run(*args, **kwargs)
        (path,) = self.exporter.exported[before:]
        with open(path, encoding="utf-8") as file:
            self.assertEqual(len(json.load(file)["variants"]), 2)

    def test_results_in_a_workspace_are_left_out(self):
        before = len(self.exporter.skipped)
        self.assertEqual(
            self.definitions(lambda x, w: [(x * w).sum(-1), (x * 2).sum(0)], (32768, 512), (512,)), []
        )
        ((_, why),) = self.exporter.skipped[before:]
        self.assertIn("leaves results in its workspace", why)


if __name__ == "__main__":
    unittest.main()
