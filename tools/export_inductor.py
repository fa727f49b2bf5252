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
import functools
import hashlib
import json
import os
import runpy
import shutil
import sys


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


def intent_of(name, mutated):
    """What Inductor's name of a pointer says of its use."""
    if name in mutated or name.startswith("in_out_ptr"):
        return "inout"
    return "out" if name.startswith("out_ptr") else "in"


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
    return {
        "multikernel": 1,
        "name": name,
        "language": "triton",
        "device": device,
        "params": merge_params([kernel["params"] for kernel in kernels]),
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


class Kernel:
    """One CachingAutotuner with one launcher left, and the arguments of a call."""

    def __init__(self, autotuner, args):
        (self.launcher,) = autotuner.launchers
        self.autotuner = autotuner
        self.config = self.launcher.config
        self.name = autotuner.fn.__name__
        self.meta = autotuner.triton_meta
        self.signature = self.meta["signature"]
        self.extra = list(autotuner.inductor_meta.get("extra_launcher_args", ()))
        names = [n for n in self.signature if n not in self.config.kwargs]
        if len(names) + len(self.extra) != len(args):
            raise Unsupported(f"{self.name}: {len(args)} arguments for {names + self.extra}")
        self.values = dict(zip(names + self.extra, args))
        self._look()

    def _look(self):
        """Sorts the arguments: sizes and constants are numbers, the rest tensors."""
        self.sizes, self.constants = {}, dict(self.config.kwargs)
        for name, value in self.values.items():
            kind = self.signature.get(name, "constexpr")
            if kind == "constexpr":
                if isinstance(value, int):
                    self.constants[name] = value
            elif kind.startswith("*"):
                if not _is_tensor(value):
                    raise Unsupported(f"{self.name}: {name} is no tensor")
            elif isinstance(value, int) and not isinstance(value, bool):
                self.sizes[name] = int(value)
            else:
                raise Unsupported(f"{self.name}: {name} is a {type(value).__name__}")

    def param(self, name):
        kind = self.signature[name]
        if not kind.startswith("*"):
            return {"name": name, "type": element_type(kind)}
        if name.startswith("ws_ptr"):
            raise Unsupported(f"{self.name}: it needs a workspace of Inductor's")
        return {
            "name": name,
            "type": element_type(kind[1:]) + "*",
            "intent": intent_of(name, self.autotuner.mutated_arg_names or ()),
            "shape": [shape_of(_span(self.values[name]), self.sizes)],
        }

    def aligned(self):
        """Pointers that were compiled for multiples of 16 bytes."""
        attributes = (self.meta.get("configs") or [{}])[0]
        attributes = getattr(attributes, "divisible_by_16", None) or attributes
        names = list(self.signature)
        places = [
            key[0] if isinstance(key, tuple) else key
            for key in attributes
            if not isinstance(attributes, dict)
            or any(list(one) == ["tt.divisibility", 16] for one in attributes[key])
        ]
        return {
            names[i]: 16 for i in places if i < len(names) and self.signature[names[i]].startswith("*")
        }

    def grid(self):
        from torch._inductor.runtime.triton_heuristics import GridExpr

        grid = GridExpr.from_meta(self.autotuner.inductor_meta, self.config)
        return grid_expressions(
            grid.prefix, (grid.x_grid, grid.y_grid, grid.z_grid), self.sizes, self.constants
        )

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

    def cubin(self):
        """The file in Triton's cache that the launcher was made of."""
        from torch._inductor.runtime.runtime_utils import triton_cache_dir

        folder = triton_cache_dir(self.ordinal())
        path = os.path.join(folder, self.launcher.cache_hash, self.name + ".cubin")
        for needed in (path, path[: -len("cubin")] + "json"):
            if not os.path.exists(needed):
                raise Unsupported(f"{self.name}: Triton's cache has no {needed}")
        return path

    def describe(self):
        takes = [n for n in self.signature if n in self.values and self.signature[n] != "constexpr"]
        variant = {"name": self.name, "source": self.name + ".json", "grid": self.grid()}
        variant["params"] = takes
        hint = self.autotuner.inductor_meta.get("reduction_hint")
        if hint is None:
            hint = getattr(self.autotuner, "reduction_hint", None)
        if hint is not None:
            variant["reduction_hint"] = getattr(hint, "name", str(hint))
        variant["metadata"] = self.metadata()
        if self.aligned():
            variant["requires"] = {"align": {n: b for n, b in self.aligned().items() if n in takes}}
        return {
            "params": [self.param(name) for name in takes],
            "sizes": self.sizes,
            "variant": variant,
        }


# ---- Exporting --------------------------------------------------------------------


def write(folder, name, kernels):
    """Writes a definition, and its kernels' files, into folder/NAME; its path."""
    described = [kernel.describe() for kernel in kernels]
    names = [one["variant"]["name"] for one in described]
    if len(set(names)) < len(names):
        raise Unsupported(f"two of its kernels have one name: {', '.join(names)}")
    text = json.dumps(definition(name, described, kernels[0].ordinal()), indent=2) + "\n"
    cubins = [kernel.cubin() for kernel in kernels]
    into = os.path.join(folder, name)
    os.makedirs(into, exist_ok=True)
    for path in cubins:
        shutil.copy(path, into)
        shutil.copy(path[: -len("cubin")] + "json", into)
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
        self.seen = set()
        self.exported = []
        self.skipped = []

    def export(self, kernels, what, how):
        key = hashlib.sha256("".join(str(k.fn.cache_key) for k in kernels).encode()).hexdigest()
        name = f"{kernels[0].fn.__name__}_{key[:8]}"
        if key in self.seen:
            return
        self.seen.add(key)
        try:
            self.exported.append(how(name))
        except Unsupported as why:
            self.skipped.append((name, str(why)))
            print(f"export_inductor: {what} {name} is left out: {why}", file=sys.stderr)

    def multi(self, call, args, kwargs):
        self.export(
            call.kernels,
            "multi-kernel",
            lambda name: export_multi(call, args, kwargs, self.folder, name),
        )

    def single(self, autotuner, args):
        if len(autotuner.launchers) == 1:
            self.export(
                [autotuner],
                "kernel",
                lambda name: write(self.folder, name, [Kernel(autotuner, args)]),
            )

    def summary(self):
        return f"export_inductor: {len(self.exported)} exported to {self.folder}, {len(self.skipped)} left out"


def install(folder, singles=False):
    """Exports to `folder` what runs from now on; returns the Exporter."""
    os.environ.setdefault("TORCHINDUCTOR_MULTI_KERNEL", "1")
    import torch._inductor.config as config
    from torch._inductor.codegen.multi_kernel import MultiKernelCall
    from torch._inductor.runtime.triton_heuristics import CachingAutotuner

    # The variable is read when the module is, which may be long ago.
    config.triton.multi_kernel = config.triton.multi_kernel or 1
    exporter = Exporter(folder)
    run_multi, run_single = MultiKernelCall.run, CachingAutotuner.run
    inside = []

    @functools.wraps(run_multi)
    def multi(self, *args, **kwargs):
        inside.append(self)
        try:
            result = run_multi(self, *args, **kwargs)
            exporter.multi(self, args, kwargs)
        finally:
            inside.pop()
        return result

    @functools.wraps(run_single)
    def single(self, *args, **kwargs):
        result = run_single(self, *args, **kwargs)
        if not inside and not kwargs.get("benchmark_run"):
            exporter.single(self, args)
        return result

    MultiKernelCall.run = multi
    if singles:
        CachingAutotuner.run = single
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
        exporter = install(options.output, options.all)
    except ImportError as why:
        sys.exit(f"export_inductor: {why}; run it where PyTorch with Inductor is installed")
    sys.argv = [options.script, *options.args]
    sys.path.insert(0, os.path.dirname(os.path.abspath(options.script)))
    try:
        runpy.run_path(options.script, run_name="__main__")
    finally:
        print(exporter.summary(), file=sys.stderr)


if __name__ == "__main__":
    main()
