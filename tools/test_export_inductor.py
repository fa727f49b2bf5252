#!/usr/bin/env python3
"""Tests of export_inductor.py that need neither PyTorch nor a GPU: its parts on what
Inductor 2.11 gives them, written down here. test_with_inductor.py has the true ones.

What is written is held against docs/definition.schema.json where there is a
jsonschema, and loaded by the program that MULTIKERNEL names, for the driver that
BUILD_DIR has (tests/support/fake_cuda.h), where these are set."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import types
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import export_inductor as export


def same(name):
    return name


class Grids(unittest.TestCase):
    def test_ceildiv_is_known_by_its_two_minus_signs(self):
        self.assertEqual(export.translate("-((xnumel) // -(8))", same), "ceildiv(xnumel, 8)")

    def test_arithmetic_keeps_its_order(self):
        self.assertEqual(export.translate("x // 2 + y * 3", same), "((x / 2) + (y * 3))")
        self.assertEqual(export.translate("max(a, b, 4)", same), "max(max(a, b), 4)")

    def test_a_number_is_itself(self):
        self.assertEqual(export.translate(1, same), "1")

    def test_what_is_no_expression_is_unsupported(self):
        for text in ("-xnumel", "x ** 2", "f(x)", "x if y else z", "1.5"):
            with self.assertRaises(export.Unsupported, msg=text):
                export.translate(text, same)

    def test_two_dimensions_with_overflow(self):
        lines = [
            "y_grid_raw_ = -((ynumel) // -(32))",
            "y_grid_div_ = -((y_grid_raw_) // -(65535))",
        ]
        dimensions = ("-((xnumel) // -(8))", "-((y_grid_raw_) // -(y_grid_div_))", "y_grid_div_")
        raw = "ceildiv(ynumel, 32)"
        div = f"ceildiv({raw}, 65535)"
        self.assertEqual(
            export.grid_expressions(lines, dimensions, {"xnumel": 1, "ynumel": 2}, {}),
            ["ceildiv(xnumel, 8)", f"ceildiv({raw}, {div})", div],
        )

    def test_constants_are_put_in(self):
        self.assertEqual(
            export.grid_expressions([], ("-((xnumel) // -(XBLOCK))", 1, 1), {}, {"xnumel": 1, "XBLOCK": 4}),
            ["ceildiv(1, 4)", "1", "1"],
        )

    def test_an_unknown_name_is_named(self):
        with self.assertRaisesRegex(export.Unsupported, "'znumel'"):
            export.grid_expressions([], ("znumel", 1, 1), {"xnumel": 1}, {})


class Arguments(unittest.TestCase):
    def test_intents(self):
        self.assertEqual(export.intent_of("in_ptr0", ()), "in")
        self.assertEqual(export.intent_of("out_ptr2", ()), "out")
        self.assertEqual(export.intent_of("in_out_ptr0", ()), "inout")
        self.assertEqual(export.intent_of("in_ptr1", ("in_ptr1",)), "inout")

    def test_an_output_with_gaps_is_not_written_whole(self):
        self.assertEqual(export.intent_of("out_ptr0", (), whole=False), "inout")

    def test_element_types(self):
        self.assertEqual(export.element_type("fp32"), "float32")
        self.assertEqual(export.element_type("bf16"), "bfloat16")
        with self.assertRaisesRegex(export.Unsupported, "fp8e4nv"):
            export.element_type("fp8e4nv")

    def test_shapes_are_products_of_sizes_where_they_are(self):
        sizes = {"xnumel": 64, "r0_numel": 1024}
        self.assertEqual(export.shape_of(65536, sizes), "xnumel * r0_numel")
        self.assertEqual(export.shape_of(64, sizes), "xnumel")
        self.assertEqual(export.shape_of(63, sizes), 63)

    def test_sizes_are_from_one_on_and_no_seeds(self):
        self.assertTrue(export.is_size("ks0", 1))
        self.assertFalse(export.is_size("ks0", 0))
        self.assertFalse(export.is_size("load_seed_offset", 4))
        self.assertFalse(export.is_size("ks0", 2**62))

    def test_words_of_expressions_are_no_names(self):
        self.assertTrue(export.is_name("xnumel"))
        for name in ("min", "not", "ceildiv", "1x", "größe", ""):
            self.assertFalse(export.is_name(name), name)

    def test_unions_are_in_call_order(self):
        a, b, c = ({"name": n} for n in "abc")
        self.assertEqual(export.merge_params([[a, c], [a, b, c]]), [a, b, c])
        self.assertEqual(export.merge_params([[a], [b, a]]), [b, a])

    def test_kernels_that_differ_are_named(self):
        with self.assertRaisesRegex(export.Unsupported, "differ on a"):
            export.merge_params([[{"name": "a", "type": "int32"}], [{"name": "a", "type": "int64"}]])


class Metadata(unittest.TestCase):
    GOOD = {"target": {"backend": "cuda"}, "global_scratch_size": 0, "profile_scratch_size": 0}

    def test_what_a_launch_does_for_is_good(self):
        export.check_metadata("k", self.GOOD)
        export.check_metadata("k", {**self.GOOD, "global_scratch_size": None, "tensordesc_meta": []})

    def test_what_needs_more_is_unsupported(self):
        for key, value, why in (
            ("global_scratch_size", 128, "k: .*128 bytes.*global_scratch_size"),
            ("profile_scratch_size", 1, "profile_scratch_size"),
            ("tensordesc_meta", [{}], "tensor descriptors"),
            ("target", {"backend": "hip"}, "for hip"),
        ):
            with self.assertRaisesRegex(export.Unsupported, why):
                export.check_metadata("k", {**self.GOOD, key: value})


class Tensor:
    def __init__(self, *shape, strides=None):
        self.shape = shape
        self.strides = strides

    def numel(self):
        count = 1
        for n in self.shape:
            count *= n
        return count

    def stride(self):
        strides = []
        for i in range(len(self.shape)):
            count = 1
            for n in self.shape[i + 1 :]:
                count *= n
            strides.append(count)
        return self.strides or tuple(strides)

    def element_size(self):
        return 4


def launcher(config, names):
    """As Inductor makes them: a function whose parameters are the kernel's."""
    scope = {}
    exec(f"def launcher({', '.join(names)}, stream):\n    grid_0 = 1", scope)
    made = scope["launcher"]
    made.config, made.cache_hash = config, "HASH"
    return made


class Autotuner:
    """A CachingAutotuner with one launcher left; `changes` are members, and those of
    the two dictionaries and of the function that have the same name."""

    def __init__(self, name="triton_per_fused_sum_0", signature=None, **changes):
        signature = signature or {
            "in_ptr0": "*fp32",
            "out_ptr0": "*fp32",
            "xnumel": "i32",
            "r0_numel": "i32",
            "XBLOCK": "constexpr",
        }
        config = types.SimpleNamespace(kwargs={"XBLOCK": 1}, num_warps=8, num_stages=1)
        source = changes.pop("source", "def kernel(): pass")
        self.fn = types.SimpleNamespace(
            __name__=name, cache_key=name, src=source, arg_names=list(signature)
        )
        self.launchers = [launcher(config, [n for n in signature if n not in config.kwargs])]
        self.triton_meta = {
            "signature": signature,
            "device": types.SimpleNamespace(index=0),
            "constants": {},
            "configs": [{(0,): [["tt.divisibility", 16]], (2,): [["tt.divisibility", 16]]}],
        }
        self.inductor_meta = {
            "grid_type": "Grid1D",
            "reduction_hint": types.SimpleNamespace(name="INNER"),
            **changes.pop("inductor_meta", {}),
        }
        self.mutated_arg_names = []
        self.size_hints = {"x": 64, "r0_": 1024}
        self.custom_kernel = False
        vars(self).update(changes)


class Described(export.Kernel):
    """Without what Inductor would be asked for."""

    folder = "nowhere"

    def grid(self):
        return export.grid_expressions([], ("-((xnumel) // -(XBLOCK))", 1, 1), self.sizes, self.constants)

    def cache(self):
        return self.folder


SUM = (Tensor(64, 1024), Tensor(64), 64, 1024)


class Kernels(unittest.TestCase):
    def test_a_kernel_is_described_whole(self):
        kernel = Described(Autotuner(), SUM)
        self.assertEqual(
            export.definition("sum", [kernel.describe()], 0),
            {
                "multikernel": 1,
                "name": "sum",
                "language": "triton",
                "device": 0,
                "params": [
                    {"name": "in_ptr0", "type": "float32*", "intent": "in", "shape": ["xnumel * r0_numel"]},
                    {"name": "out_ptr0", "type": "float32*", "intent": "out", "shape": ["xnumel"]},
                    {"name": "xnumel", "type": "int32"},
                    {"name": "r0_numel", "type": "int32"},
                ],
                "sizes": {"xnumel": 64, "r0_numel": 1024},
                "variants": [
                    {
                        "name": "triton_per_fused_sum_0",
                        "source": "triton_per_fused_sum_0.json",
                        "grid": ["ceildiv(xnumel, 1)", "1", "1"],
                        "params": ["in_ptr0", "out_ptr0", "xnumel", "r0_numel"],
                        "reduction_hint": "INNER",
                        "metadata": '{"config": {"XBLOCK": 1}, "num_stages": 1, "num_warps": 8, '
                        '"size_hints": {"r0_": 1024, "x": 64}}',
                        "where": "xnumel == 64 and r0_numel == 1024",
                        "requires": {"align": {"in_ptr0": 16}},
                    }
                ],
            },
        )

    def test_a_size_of_one_is_a_constant_of_the_code(self):
        tuner = Autotuner()
        tuner.triton_meta["signature"]["xnumel"] = "constexpr"
        described = Described(tuner, (Tensor(1024), Tensor(1), 1, 1024)).describe()
        self.assertEqual(described["variant"]["params"], ["in_ptr0", "out_ptr0", "r0_numel"])
        self.assertEqual(described["variant"]["grid"][0], "ceildiv(1, 1)")
        self.assertEqual(described["sizes"], {"r0_numel": 1024})

    def test_an_argument_that_is_none_is_no_parameter(self):
        for kind in ("constexpr", "*fp32"):
            signature = {"in_ptr0": "*fp32", "bias": kind, "out_ptr0": "*fp32", "xnumel": "i32"}
            tuner = Autotuner(signature=signature)
            tuner.triton_meta["constants"]["bias"] = None
            described = Described(tuner, (Tensor(64), None, Tensor(64), 64)).describe()
            self.assertEqual(described["variant"]["params"], ["in_ptr0", "out_ptr0", "xnumel"])

    def test_another_number_of_arguments_is_unsupported(self):
        with self.assertRaisesRegex(export.Unsupported, "3 arguments for in_ptr0, out_ptr0, xnumel, r0_numel"):
            Described(Autotuner(), SUM[:3])

    def test_a_kernel_that_was_not_tuned_is_unsupported(self):
        tuner = Autotuner()
        tuner.launchers *= 2
        with self.assertRaisesRegex(export.Unsupported, "2 launchers are left"):
            Described(tuner, SUM)

    def test_scalars_that_are_no_sizes_have_their_value(self):
        signature = {"in_ptr0": "*fp32", "load_seed_offset": "i32", "scale": "fp32", "xnumel": "i32"}
        described = Described(Autotuner(signature=signature), (Tensor(64), 3, 0.5, 64)).describe()
        self.assertEqual(
            described["params"][1:],
            [
                {"name": "load_seed_offset", "type": "int32", "value": 3},
                {"name": "scale", "type": "float32", "value": 0.5},
                {"name": "xnumel", "type": "int32"},
            ],
        )
        self.assertEqual(described["sizes"], {"xnumel": 64})

    def test_a_workspace_is_scratch_memory(self):
        signature = {"out_ptr0": "*fp32", "ws_ptr": "*u8", "sem_ptr": "*u32", "xnumel": "i32"}
        for mutated in ([], ["ws_ptr"]):
            tuner = Autotuner(signature=signature, mutated_arg_names=mutated)
            described = Described(tuner, (Tensor(64), Tensor(32), Tensor(8), 64)).describe()
            self.assertEqual([p["name"] for p in described["params"]], ["out_ptr0", "xnumel"])
            self.assertEqual(described["variant"]["params"], list(signature))
            self.assertEqual(
                described["variant"]["workspace"],
                [
                    {"name": "ws_ptr", "bytes": 128, "zero": bool(mutated)},
                    {"name": "sem_ptr", "bytes": 32, "zero": True},
                ],
            )

    def test_names_of_a_users_kernel_mean_nothing(self):
        signature = {"out_ptr0": "*fp32", "ws_ptr": "*fp32", "in_ptr": "*fp32", "n": "i32"}
        tuner = Autotuner(signature=signature, custom_kernel=True, mutated_arg_names=["in_ptr"])
        params = Described(tuner, (Tensor(4), Tensor(4), Tensor(4), 4)).params()
        self.assertEqual([p.get("intent") for p in params], ["in", "in", "inout", None])

    def test_an_output_with_gaps(self):
        out = Tensor(64, strides=(2,))
        param = Described(Autotuner(), (SUM[0], out, *SUM[2:])).params()[1]
        self.assertEqual((param["intent"], param["shape"]), ("inout", [127]))

    def test_what_cannot_be_described_is_named(self):
        nan = {"in_ptr0": "*fp32", "scale": "fp32"}
        for tuner, args, why in (
            (Autotuner(inductor_meta={"RSPLIT_SIZE": 64}), SUM, "results in its workspace"),
            (Autotuner(source="    tl.device_assert(i < 4)"), SUM, "where it loads next"),
            (Autotuner(), (None, *SUM[1:]), "in_ptr0 is no tensor"),
            (Autotuner(), (*SUM[:3], "x"), "r0_numel, of Triton's type i32, is str x"),
            (Autotuner(signature=nan), (Tensor(4), float("nan")), "scale, of Triton's type fp32"),
            (Autotuner(signature={"x": "nvTmaDesc"}), (Tensor(4),), "x, of Triton's type nvTmaDesc"),
            (Autotuner(signature={"min": "i32"}), (4,), "min is no argument"),
            (Autotuner(signature={"x": ("i32", "i32")}), ((1, 2),), "x is no argument"),
            (Autotuner(name="größe"), SUM, "größe is no name"),
        ):
            with self.assertRaisesRegex(export.Unsupported, why):
                Described(tuner, args)

    def test_an_empty_tensor_is_unsupported(self):
        with self.assertRaisesRegex(export.Unsupported, "no elements"):
            Described(Autotuner(), (Tensor(0), *SUM[1:])).describe()

    def test_more_parameters_than_there_may_be(self):
        signature = {**{f"in_ptr{i}": "*fp32" for i in range(64)}, "xnumel": "i32"}
        described = Described(Autotuner(signature=signature), [Tensor(1)] * 64 + [1]).describe()
        with self.assertRaisesRegex(export.Unsupported, "65 parameters"):
            export.definition("many", [described], 0)


class Exports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def kernel(self, tuner, args, scratch=0):
        """A kernel with files in a cache; the cubin is one of the fake driver's."""
        kernel = Described(tuner, args)
        kernel.folder = os.path.join(self.folder, "cache")
        into = os.path.join(kernel.folder, "HASH")
        os.makedirs(into, exist_ok=True)
        told = {"name": kernel.name, "num_warps": 8, "num_ctas": 1, "shared": 0}
        told.update(target={"backend": "cuda", "arch": 90, "warp_size": 32})
        told.update(global_scratch_size=scratch, profile_scratch_size=0)
        with open(os.path.join(into, kernel.stem() + ".json"), "w", encoding="utf-8") as file:
            json.dump(told, file)
        with open(os.path.join(into, kernel.stem() + ".cubin"), "w", encoding="utf-8") as file:
            kinds = [tuner.triton_meta["signature"][n] for n in kernel.takes]
            sizes = ["8" if kind.startswith("*") else "4" for kind in kinds] + ["8", "8"]
            file.write(f"kernel {kernel.name} ns=1000 params={','.join(sizes)}\n")
        return kernel

    def pair(self):
        return [self.kernel(Autotuner(name), SUM) for name in ("triton_red_fused_0", "triton_per_fused_1")]

    def test_a_folder_holds_all_that_is_needed(self):
        path = export.write(self.folder, "sum", self.pair())
        self.assertEqual(path, os.path.join(self.folder, "sum", "sum.mk.json"))
        self.assertEqual(
            sorted(os.listdir(os.path.dirname(path))),
            [
                "sum.mk.json",
                "triton_per_fused_1.cubin",
                "triton_per_fused_1.json",
                "triton_red_fused_0.cubin",
                "triton_red_fused_0.json",
            ],
        )

    def test_the_schema_holds(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("there is no jsonschema")
        with open(os.path.join(HERE, "..", "docs", "definition.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        with open(export.write(self.folder, "sum", self.pair()), encoding="utf-8") as file:
            jsonschema.validate(json.load(file), schema)

    def run_program(self, *arguments):
        if not os.environ.get("MULTIKERNEL") or not os.environ.get("BUILD_DIR"):
            self.skipTest("MULTIKERNEL and BUILD_DIR are not set")
        library = os.path.join(os.environ["BUILD_DIR"], "tests", "libfake_cuda.so")
        surroundings = {**os.environ, "MULTIKERNEL_LIBCUDA": library}
        command = [os.environ["MULTIKERNEL"], "run", *arguments, "--no-verify"]
        return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)

    def test_the_program_runs_it(self):
        done = self.run_program(export.write(self.folder, "sum", self.pair()))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("triton_per_fused_1", done.stdout)

    def test_the_program_runs_it_at_no_other_sizes(self):
        done = self.run_program(export.write(self.folder, "sum", self.pair()), "--size", "xnumel=32")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("xnumel == 64 and r0_numel == 1024", done.stderr)

    def test_the_program_gives_it_workspaces(self):
        signature = {"out_ptr0": "*fp32", "ws_ptr": "*u8", "xnumel": "i32"}
        kernel = self.kernel(Autotuner(signature=signature), (Tensor(64), Tensor(32), 64))
        done = self.run_program(export.write(self.folder, "scan", [kernel]))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_nothing_is_written_of_what_is_unsupported(self):
        kernel = self.kernel(Autotuner(), SUM)
        with self.assertRaisesRegex(export.Unsupported, "have one name"):
            export.write(self.folder, "sum", [kernel, kernel])
        with self.assertRaisesRegex(export.Unsupported, "64 bytes of scratch"):
            export.write(self.folder, "sum", [self.kernel(Autotuner(), SUM, scratch=64)])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "sum")))

    def test_a_lost_cubin_is_named(self):
        kernel = self.kernel(Autotuner(), SUM)
        os.unlink(kernel.files()[0])
        with self.assertRaisesRegex(export.Unsupported, "no .*HASH/triton_per_fused_sum_0.cubin"):
            export.write(self.folder, "sum", [kernel])

    def test_long_names_are_cut_as_tritons_are(self):
        kernel = self.kernel(Autotuner("k" * 200), SUM)
        path = export.write(self.folder, "long", [kernel])
        self.assertTrue(os.path.exists(os.path.join(os.path.dirname(path), "k" * 150 + ".cubin")))


class Counts(unittest.TestCase):
    def export(self, exporter, owner, how):
        with contextlib.redirect_stderr(io.StringIO()) as told:
            exporter.export(owner, [owner], "kernel", how)
        return told.getvalue()

    def test_what_is_left_out_is_told_and_done_once(self):
        exporter = export.Exporter("nowhere")

        def fail(name):
            raise export.Unsupported("no reason")

        owner = Autotuner()
        self.assertRegex(self.export(exporter, owner, fail), "kernel triton_.* is left out: no reason")
        for again in (owner, Autotuner()):
            self.assertEqual(self.export(exporter, again, fail), "")
        self.assertRegex(exporter.summary(), "0 exported to nowhere, 1 left out\n  triton_.*: no reason")

    def test_the_same_code_for_other_types_is_another_kernel(self):
        exporter = export.Exporter("nowhere")
        half = {"in_ptr0": "*fp16", "xnumel": "i32"}
        for owner in (Autotuner(), Autotuner(signature=half)):
            self.export(exporter, owner, lambda name: name)
        self.assertEqual(len(set(exporter.exported)), 2)

    def test_what_nobody_expected_does_not_end_the_script(self):
        exporter = export.Exporter("nowhere")
        told = self.export(exporter, Autotuner(), lambda name: {}["signature"])
        self.assertIn("unexpected KeyError: 'signature'", told)
        self.assertEqual(len(exporter.skipped), 1)


if __name__ == "__main__":
    unittest.main()
