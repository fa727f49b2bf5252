#!/usr/bin/env python3
"""Tests of export_inductor.py that need neither PyTorch nor a GPU: its parts on what
Inductor 2.11 gives them, written down here."""

import os
import sys
import types
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

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

    def test_unions_are_in_call_order(self):
        a, b, c = ({"name": n} for n in "abc")
        self.assertEqual(export.merge_params([[a, c], [a, b, c]]), [a, b, c])
        self.assertEqual(export.merge_params([[a], [b, a]]), [b, a])

    def test_kernels_that_differ_are_named(self):
        with self.assertRaisesRegex(export.Unsupported, "differ on a"):
            export.merge_params([[{"name": "a", "type": "int32"}], [{"name": "a", "type": "int64"}]])


class Tensor:
    def __init__(self, *shape):
        self.shape = shape

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
        return tuple(strides)

    def element_size(self):
        return 4


def autotuner(**changes):
    config = types.SimpleNamespace(kwargs={"XBLOCK": 1}, num_warps=8, num_stages=1)
    members = {
        "fn": types.SimpleNamespace(__name__="triton_per_fused_sum_0", cache_key="k"),
        "launchers": [types.SimpleNamespace(config=config, cache_hash="HASH")],
        "triton_meta": {
            "signature": {
                "in_ptr0": "*fp32",
                "out_ptr0": "*fp32",
                "xnumel": "i32",
                "r0_numel": "i32",
                "XBLOCK": "constexpr",
            },
            "device": types.SimpleNamespace(index=0),
            "configs": [{(0,): [["tt.divisibility", 16]], (2,): [["tt.divisibility", 16]]}],
        },
        "inductor_meta": {"grid_type": "Grid1D"},
        "mutated_arg_names": [],
        "size_hints": {"x": 64, "r0_": 1024},
        "reduction_hint": types.SimpleNamespace(name="INNER"),
    }
    members.update(changes)
    return types.SimpleNamespace(**members)


class Described(export.Kernel):
    """Without what Inductor would be asked for."""

    def grid(self):
        return export.grid_expressions([], ("-((xnumel) // -(XBLOCK))", 1, 1), self.sizes, self.constants)


class Kernels(unittest.TestCase):
    def test_a_kernel_is_described_whole(self):
        kernel = Described(autotuner(), (Tensor(64, 1024), Tensor(64), 64, 1024))
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
                        "requires": {"align": {"in_ptr0": 16}},
                    }
                ],
            },
        )

    def test_a_size_of_one_is_a_constant_of_the_code(self):
        meta = autotuner().triton_meta
        meta["signature"]["xnumel"] = "constexpr"
        kernel = Described(autotuner(triton_meta=meta), (Tensor(1024), Tensor(1), 1, 1024))
        described = kernel.describe()
        self.assertEqual(described["variant"]["params"], ["in_ptr0", "out_ptr0", "r0_numel"])
        self.assertEqual(described["variant"]["grid"][0], "ceildiv(1, 1)")
        self.assertEqual(described["sizes"], {"r0_numel": 1024})

    def test_another_number_of_arguments_is_unsupported(self):
        with self.assertRaisesRegex(export.Unsupported, "3 arguments"):
            Described(autotuner(), (Tensor(64), Tensor(64), 64))

    def test_a_workspace_is_unsupported(self):
        meta = autotuner().triton_meta
        meta["signature"] = {"ws_ptr": "*u8", "xnumel": "i32", "XBLOCK": "constexpr"}
        with self.assertRaisesRegex(export.Unsupported, "workspace"):
            Described(autotuner(triton_meta=meta), (Tensor(64), 64)).describe()


class Exports(unittest.TestCase):
    def test_what_is_left_out_is_counted_and_done_once(self):
        exporter = export.Exporter("nowhere")

        def fail(name):
            raise export.Unsupported("no reason")

        for _ in range(3):
            exporter.export([autotuner()], "kernel", fail)
        self.assertEqual(len(exporter.skipped), 1)
        self.assertIn("0 exported to nowhere, 1 left out", exporter.summary())


if __name__ == "__main__":
    unittest.main()
