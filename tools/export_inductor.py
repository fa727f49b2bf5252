#!/usr/bin/env python3
"""Writes the multi-kernels that PyTorch Inductor makes as multikernel definitions.

As a program, it runs a script under TORCHINDUCTOR_MULTI_KERNEL=1:

    python3 tools/export_inductor.py --output DIR [--all] SCRIPT [ARG]...

As a module, it is to be installed before anything is compiled:

    import export_inductor
    exporter = export_inductor.install("DIR")

Every multi-kernel that runs becomes a folder of DIR: NAME.mk.json, and beside it
the cubin and the metadata of each sub-kernel, as Triton left them in its cache.
With --all (install(..., singles=True)), so does every other Triton kernel of
Inductor's. What can't be written as a definition is left out, with the reason on
standard error. Written for PyTorch 2.11 and Triton 3.6; see README.md.
"""

import argparse
import ast
import atexit
import functools
import hashlib
import json
import math
import os
import re
import runpy
import shutil
import sys
import weakref


class Unsupported(Exception):
    """A kernel that a definition can't describe; its text says why."""


# ---- What needs neither PyTorch nor a GPU --------------------------------------

ELEMENT_TYPES = {
    "fp16": "float16",
    "bf16": "bfloat16",
    "fp32": "float32",
    "fp64": "float64",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "u8": "uint8",
    "u16": "uint16",
    "u32": "uint32",
    "u64": "uint64",
    # A bool in memory is a byte.
    "i1": "uint8",
}


def element_type(name):
    """Triton's "fp32" as a definition has it: "float32"."""
    if name not in ELEMENT_TYPES:
        raise Unsupported(f"there is no element type for Triton's '{name}'")
    return ELEMENT_TYPES[name]


# Of the format: what is a name, which ones expressions keep for themselves, how
# many parameters and workspaces there may be, how large a size.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = ("and", "or", "not", "min", "max", "ceildiv")
MOST_PARAMS = 64
LARGEST_SIZE = 2**62 - 1


def is_name(text):
    return NAME.fullmatch(text) is not None and text not in RESERVED


def is_size(name, value):
    """Whether an integer argument is a size; what Inductor calls seeds are none."""
    return 1 <= value <= LARGEST_SIZE and "seed" not in name


def _is_negated(node):
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _binary(node, known):
    left, right = node.left, node.right
    # -(a // -b), as Inductor writes ceil(a / b), is seen by the minus before it.
    signs = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "/", ast.Mod: "%"}
    if type(node.op) not in signs:
        raise Unsupported(f"the grid has an operator {type(node.op).__name__}")
    return f"({_expression(left, known)} {signs[type(node.op)]} {_expression(right, known)})"


def _expression(node, known):
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return str(node.value)
    if isinstance(node, ast.Name):
        return known(node.id)
    if _is_negated(node):
        inner = node.operand
        if (
            isinstance(inner, ast.BinOp)
            and isinstance(inner.op, ast.FloorDiv)
            and _is_negated(inner.right)
        ):
            return f"ceildiv({_expression(inner.left, known)}, {_expression(inner.right.operand, known)})"
        raise Unsupported("the grid has a negative part")
    if isinstance(node, ast.BinOp):
        return _binary(node, known)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("min", "max"):
        parts = [_expression(argument, known) for argument in node.args]
        return functools.reduce(lambda a, b: f"{node.func.id}({a}, {b})", parts)
    raise Unsupported(f"the grid has a part that is no expression: {ast.dump(node)}")


def translate(text, known):
    """A dimension of a grid, in Python, as a definition's expression. `known` gives
    the expression of a name."""
    return _expression(ast.parse(str(text), mode="eval").body, known)


def grid_expressions(lines, dimensions, sizes, constants):
    """The grid's three dimensions. `lines` assign names that they use ("y_grid_raw_
    = ..."), `sizes` are names of the definition's, `constants` are numbers."""
    assigned = {}

    def known(name):
        if name in assigned:
            return assigned[name]
        if name in sizes:
            return name
        if name in constants:
            return str(constants[name])
        raise Unsupported(f"the grid depends on '{name}', which is no argument")

    for line in lines:
        name, _, text = line.partition("=")
        assigned[name.strip()] = translate(text.strip(), known)
    return [translate(dimension, known) for dimension in dimensions]


def intent_of(name, mutated, whole=True):
    """What Inductor's name of a pointer says of its use. An output that leaves gaps
    in its memory is not written whole."""
    if name in mutated or name.startswith("in_out_ptr"):
        return "inout"
    if not name.startswith("out_ptr"):
        return "in"
    return "out" if whole else "inout"


def shape_of(elements, sizes):
    """A number of elements as a product of sizes, where it is one, or itself."""
    names = list(sizes)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            if sizes[a] * sizes[b] == elements:
                return f"{a} * {b}"
    for name in names:
        if sizes[name] == elements:
            return name
    return elements


def pinned(sizes):
    """The sizes that compiled code is for. Inductor puts sizes and strides into it as
    numbers, and leaves out masks that they make unneeded."""
    return " and ".join(f"{name} == {value}" for name, value in sizes.items())


def check_metadata(name, metadata):
    """Of Triton's metadata, what would need more than a launch."""
    backend = metadata.get("target", {}).get("backend")
    if backend != "cuda":
        raise Unsupported(f"{name}: it is compiled for {backend}, not for cuda")
    for key in ("global_scratch_size", "profile_scratch_size"):
        if metadata.get(key):
            raise Unsupported(f"{name}: it needs {metadata[key]} bytes of scratch memory from Triton ({key})")
    if metadata.get("tensordesc_meta"):
        raise Unsupported(f"{name}: it takes tensor descriptors")


def merge_params(lists):
    """The union of parameter lists in call order, as the multi-kernel has it."""
    merged = []
    for params in lists:
        at = 0
        for param in params:
            places = [i for i, other in enumerate(merged) if other["name"] == param["name"]]
            if places:
                if merged[places[0]] != param:
                    raise Unsupported(
                        f"its kernels differ on {param['name']}: {merged[places[0]]}, {param}"
                    )
                at = places[0] + 1
            else:
                merged.insert(at, param)
                at += 1
    return merged


def definition(name, kernels, device):
    """The definition of a multi-kernel, from what is known of its kernels."""
    sizes = {}
    for kernel in kernels:
        sizes.update(kernel["sizes"])
    params = merge_params([kernel["params"] for kernel in kernels])
    scratch = {one["name"] for k in kernels for one in k["variant"].get("workspace", ())}
    if len(params) + len(scratch) > MOST_PARAMS:
        raise Unsupported(f"it has {len(params) + len(scratch)} parameters; {MOST_PARAMS} is the most")
    return {
        "multikernel": 1,
        "name": name,
        "language": "triton",
        "device": device,
        "params": params,
        "sizes": sizes,
        "variants": [kernel["variant"] for kernel in kernels],
    }


# ---- What a compiled kernel of Inductor's tells ---------------------------------


def _is_tensor(value):
    return hasattr(value, "element_size") and hasattr(value, "stride")


def _span(tensor):
    """Elements between a tensor's first and its last, both included."""
    if tensor.numel() == 0:
        raise Unsupported("a tensor has no elements")
    return 1 + sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.stride()))


def launcher_names(launcher):
    """What a launcher is called with, but for the stream: Inductor has generated its
    code, so its parameters are the truth."""
    code = launcher.__code__
    return [name for name in code.co_varnames[: code.co_argcount] if name != "stream"]


class Kernel:
    """One CachingAutotuner with one launcher left, and the arguments of a call."""

    def __init__(self, autotuner, args):
        self.name = autotuner.fn.__name__
        if len(autotuner.launchers) != 1:
            raise Unsupported(f"{self.name}: {len(autotuner.launchers)} launchers are left; 1 is needed")
        (self.launcher,) = autotuner.launchers
        self.autotuner = autotuner
        self.config = self.launcher.config
        self.meta = autotuner.triton_meta
        self.signature = self.meta["signature"]
        self.mutated = autotuner.mutated_arg_names or ()
        names = launcher_names(self.launcher)
        if len(names) != len(args):
            raise Unsupported(f"{self.name}: {len(args)} arguments for {', '.join(names)}")
        self.values = dict(zip(names, args))
        self._check()
        self._look()
        # What the compiled kernel takes: constants are in its code.
        self.takes = [n for n in autotuner.fn.arg_names if n in self.values and not self._is_constant(n)]

    def _check(self):
        """What the arguments alone don't show."""
        meta = self.autotuner.inductor_meta
        if not NAME.fullmatch(self.name):
            raise Unsupported(f"{self.name} is no name that a definition can have")
        if meta.get("RSPLIT_SIZE"):
            raise Unsupported(f"{self.name}: it leaves results in its workspace for other code to add up")
        if "tl.device_assert" in self.autotuner.fn.src:
            raise Unsupported(f"{self.name}: what it loads decides where it loads next; values made up won't do")

    def _is_constant(self, name):
        return self.signature.get(name, "constexpr") == "constexpr" or name in self.meta.get("constants", ())

    def _look(self):
        """Sorts the arguments: sizes, constants and other scalars are numbers, the
        rest tensors."""
        self.sizes, self.scalars, self.constants = {}, {}, dict(self.config.kwargs)
        for name, value in self.values.items():
            if self._is_constant(name):
                if isinstance(value, int):
                    self.constants[name] = value
                continue
            kind = self.signature[name]
            if not isinstance(kind, str) or not is_name(name):
                raise Unsupported(f"{self.name}: {name} is no argument that a definition can have")
            if kind.startswith("*"):
                if not _is_tensor(value):
                    raise Unsupported(f"{self.name}: {name} is no tensor")
            elif isinstance(value, int):
                into = self.sizes if is_size(name, value) and kind != "i1" else self.scalars
                into[name] = int(value)
            elif isinstance(value, float) and kind in ("fp32", "fp64") and math.isfinite(value):
                self.scalars[name] = value
            else:
                raise Unsupported(f"{self.name}: {name}, of Triton's type {kind}, is {type(value).__name__} {value}")

    def _is_workspace(self, name):
        ours = name.startswith(("ws_ptr", "sem_ptr")) and not self._is_users()
        return ours and self.signature[name].startswith("*")

    def _is_users(self):
        """Whether the kernel is a user's own, whose arguments' names mean nothing."""
        return getattr(self.autotuner, "custom_kernel", False)

    def param(self, name):
        kind = self.signature[name]
        if not kind.startswith("*"):
            value = {} if name in self.sizes else {"value": self.scalars[name]}
            return {"name": name, "type": element_type(kind), **value}
        tensor = self.values[name]
        span = _span(tensor)
        if self._is_users():
            intent = "inout" if name in self.mutated else "in"
        else:
            intent = intent_of(name, self.mutated, span == tensor.numel())
        return {
            "name": name,
            "type": element_type(kind[1:]) + "*",
            "intent": intent,
            "shape": [shape_of(span, self.sizes)],
        }

    def params(self):
        return [self.param(name) for name in self.takes if not self._is_workspace(name)]

    def workspace(self, name):
        """Scratch memory. What must be zero counts as mutated, but for semaphores,
        which kernels leave as they found them."""
        tensor = self.values[name]
        zero = name in self.mutated or name.startswith("sem_ptr")
        return {"name": name, "bytes": _span(tensor) * tensor.element_size(), "zero": zero}

    def aligned(self):
        """Pointers that were compiled for multiples of 16 bytes."""
        attributes = (self.meta.get("configs") or [{}])[0]
        names = list(self.signature)
        places = [
            key[0] if isinstance(key, tuple) else key
            for key, told in attributes.items()
            if any(list(one) == ["tt.divisibility", 16] for one in told)
        ]
        pointers = [names[i] for i in places if str(self.signature[names[i]]).startswith("*")]
        return {name: 16 for name in pointers if name in self.takes}

    def grid(self):
        from torch._inductor.runtime.triton_heuristics import GridExpr

        grid = GridExpr.from_meta(self.autotuner.inductor_meta, self.config)
        numbers = {**self.constants, **self.scalars}
        return grid_expressions(grid.prefix, (grid.x_grid, grid.y_grid, grid.z_grid), self.sizes, numbers)

    def ordinal(self):
        """Of the GPU; Inductor's properties of it come down to that once it is used."""
        device = self.meta["device"]
        return getattr(device, "index", device) or 0

    def metadata(self):
        told = {
            "size_hints": self.autotuner.size_hints,
            "config": self.config.kwargs,
            "num_warps": self.config.num_warps,
            "num_stages": self.config.num_stages,
        }
        return json.dumps(told, sort_keys=True, default=str)

    def stem(self):
        """Of the files in Triton's cache, which cuts long names."""
        return self.name[:150]

    def cache(self):
        """Triton's cache."""
        from torch._inductor.runtime.runtime_utils import triton_cache_dir

        return triton_cache_dir(self.ordinal())

    def files(self):
        """The files in Triton's cache that the launcher was made of."""
        folder = os.path.join(self.cache(), self.launcher.cache_hash)
        paths = [os.path.join(folder, f"{self.stem()}.{kind}") for kind in ("cubin", "json")]
        for path in paths:
            if not os.path.exists(path):
                raise Unsupported(f"{self.name}: Triton's cache has no {path}")
        with open(paths[1], encoding="utf-8") as file:
            check_metadata(self.name, json.load(file))
        return paths

    def describe(self):
        variant = {
            "name": self.name,
            "source": self.stem() + ".json",
            "grid": self.grid(),
            "params": self.takes,
        }
        scratch = [name for name in self.takes if self._is_workspace(name)]
        if scratch:
            variant["workspace"] = [self.workspace(name) for name in scratch]
        hint = self.autotuner.inductor_meta.get("reduction_hint")
        if hint:
            variant["reduction_hint"] = getattr(hint, "name", str(hint))
        variant["metadata"] = self.metadata()
        if self.sizes:
            variant["where"] = pinned(self.sizes)
        if self.aligned():
            variant["requires"] = {"align": self.aligned()}
        return {"params": self.params(), "sizes": self.sizes, "variant": variant}


# ---- Exporting --------------------------------------------------------------------


def write(folder, name, kernels):
    """Writes a definition, and its kernels' files, into folder/NAME; its path."""
    described = [kernel.describe() for kernel in kernels]
    names = [one["variant"]["name"] for one in described]
    if len(set(names)) < len(names):
        raise Unsupported(f"two of its kernels have one name: {', '.join(names)}")
    text = json.dumps(definition(name, described, kernels[0].ordinal()), indent=2) + "\n"
    files = [path for kernel in kernels for path in kernel.files()]
    into = os.path.join(folder, name)
    os.makedirs(into, exist_ok=True)
    for path in files:
        shutil.copy(path, into)
    # Last, so that a definition never lacks its kernels.
    path = os.path.join(into, name + ".mk.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def export_multi(call, args, kwargs, folder, name):
    """Exports a MultiKernelCall that has run with these arguments; the definition's
    path. Raises Unsupported where it can't be described."""
    if any(len(kernel.launchers) != 1 for kernel in call.kernels):
        # The pick came from Inductor's cache: the others were not tuned yet.
        call.benchmark_sub_kernels(*args, **kwargs)
    kernels = [
        Kernel(kernel, call._get_filtered_args(args, i)) for i, kernel in enumerate(call.kernels)
    ]
    return write(folder, name, kernels)


class Exporter:
    """Exports each kernel once, and counts."""

    def __init__(self, folder):
        self.folder = folder
        self.owners = weakref.WeakSet()  # which have been looked at,
        self.seen = set()  # and the keys of their kernels
        self.exported = []
        self.skipped = []

    def export(self, owner, kernels, what, how):
        """`how` writes what `owner`, which holds the kernels, is; given its name."""
        if owner in self.owners:
            return
        self.owners.add(owner)
        # As Inductor itself tells multi-kernels apart.
        told = ",".join(f"{k.fn.cache_key}{k.size_hints!r}{k.triton_meta!r}" for k in kernels)
        key = hashlib.sha256(told.encode()).hexdigest()
        name = f"{kernels[0].fn.__name__[:100]}_{key[:8]}"
        if key in self.seen:
            return
        self.seen.add(key)
        try:
            self.exported.append(how(name))
        except Unsupported as why:
            self.skip(what, name, str(why))
        except Exception as why:  # The script that runs must not suffer from it.
            self.skip(what, name, f"unexpected {type(why).__name__}: {why}")

    def skip(self, what, name, why):
        self.skipped.append((name, why))
        print(f"export_inductor: {what} {name} is left out: {why}", file=sys.stderr)

    def multi(self, call, args, kwargs):
        self.export(
            call,
            call.kernels,
            "multi-kernel",
            lambda name: export_multi(call, args, kwargs, self.folder, name),
        )

    def single(self, autotuner, args):
        if len(autotuner.launchers) == 1:
            self.export(
                autotuner,
                [autotuner],
                "kernel",
                lambda name: write(self.folder, name, [Kernel(autotuner, args)]),
            )

    def summary(self):
        lines = [f"export_inductor: {len(self.exported)} exported to {self.folder}, {len(self.skipped)} left out"]
        return "\n".join(lines + [f"  {name}: {why}" for name, why in self.skipped])


def hook(exporter, singles):
    """Has Inductor's classes hand the exporter what they run."""
    import torch
    from torch._inductor.codegen.multi_kernel import MultiKernelCall, SizeHintMultiKernelCall
    from torch._inductor.runtime.triton_heuristics import CachingAutotuner

    inside = []

    def after(method, export):
        @functools.wraps(method)
        def run(self, *args, **kwargs):
            inside.append(self)
            try:
                result = method(self, *args, **kwargs)
                # Inductor runs everything once before it captures a graph, in
                # which nothing may be timed.
                if not torch.cuda.is_current_stream_capturing():
                    export(self, args, kwargs)
            finally:
                inside.pop()
            return result

        return run

    def single(autotuner, args, kwargs):
        # Not a multi-kernel's, which are exported together, nor a trial.
        if len(inside) == 1 and not kwargs.get("benchmark_run"):
            exporter.single(autotuner, args)

    for owner in (MultiKernelCall, SizeHintMultiKernelCall):
        owner.run = after(owner.run, exporter.multi)
    if singles:
        CachingAutotuner.run = after(CachingAutotuner.run, single)


def install(folder, singles=False):
    """Exports to `folder` what runs from now on, and says at exit how that went;
    returns the Exporter."""
    os.environ.setdefault("TORCHINDUCTOR_MULTI_KERNEL", "1")
    import torch._inductor.config as config

    # The variable is read when the module is, which may be long ago.
    config.triton.multi_kernel = config.triton.multi_kernel or 1
    exporter = Exporter(folder)
    hook(exporter, singles)
    atexit.register(lambda: print(exporter.summary(), file=sys.stderr))
    return exporter


def main(argv=None):
    parser = argparse.ArgumentParser(
        description="Runs a script, and writes the multi-kernels that Inductor makes for it as definitions."
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="where to write")
    parser.add_argument("--all", action="store_true", help="every Triton kernel, not only multi-kernels")
    parser.add_argument("script", metavar="SCRIPT", help="what to run")
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="ARG", help="its arguments")
    options = parser.parse_args(argv)
    try:
        install(options.output, options.all)
    except ImportError as why:
        sys.exit(f"export_inductor: {why}; run it where PyTorch with Inductor is installed")
    sys.argv = [options.script, *options.args]
    sys.path.insert(0, os.path.dirname(os.path.abspath(options.script)))
    runpy.run_path(options.script, run_name="__main__")


if __name__ == "__main__":
    main()
