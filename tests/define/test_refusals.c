/* Every complaint about a definition, with its place and its words. */
#include "scale_text.h"

/* Each is one change away from the right one. */
struct wrong {
    const char *name;
    const char *from; /* this part of the text */
    const char *to;
    const char *message; /* behind "folder/d.mk.json:" */
};

static const struct wrong wrongs[] = {
    { "the root is no object", text, "[1]",
      "1:1: expected an object, got an array" },
    { "no version", "\"multikernel\": 1,", "",
      "1:1: missing key 'multikernel' (an integer from" },
    { "another version", "\"multikernel\": 1", "\"multikernel\": 2",
      "2:18: multikernel: the format's version is 2, expected 1" },
    { "a program", "\"name\": \"scale\"", "\"program\": \"scale\"",
      "3:3: program: this is a program; expected the definition of one "
      "multi-kernel" },
    { "an unknown key", "\"reference\"", "\"refrence\"",
      "19:3: refrence: unknown key; did you mean 'reference'? known: "
      "multikernel, name," },
    { "a duplicate key", "\"source\": \"k.c\"", "\"name\": \"again\"",
      "5:3: not JSON: duplicate object key near '\"name\"'" },
    { "no name", "\"name\": \"scale\",", "", "1:1: missing key 'name'" },
    { "a name of the wrong type", "\"scale\"", "[\"scale\"]",
      "3:11: name: expected a string, got an array" },
    { "a name with a space", "\"scale\"", "\"my scale\"",
      "3:11: name: expected a name of letters, digits and _ . + - that begins "
      "with a letter or '_', got the string \"my scale\"" },
    { "no params", text, "{\"multikernel\": 1, \"name\": \"a\"}",
      "1:1: missing key 'params' (an array)" },
    { "empty params", text,
      "{\"multikernel\": 1, \"name\": \"a\", \"params\": []}",
      "1:43: params: expected 1 to 64 parameters, got 0" },
    /* ---- sizes */
    { "a size of zero", "{\"n\": 8}", "{\"n\": 0}",
      "13:18: sizes.n: expected an integer from 1 to 4611686018427387903, got "
      "an integer (0)" },
    { "a negative size", "{\"n\": 8}", "{\"n\": -8}",
      "13:18: sizes.n: expected an integer from 1 to" },
    { "a size of 2^62", "{\"n\": 8}", "{\"n\": 4611686018427387904}",
      "13:18: sizes.n: expected an integer from 1 to" },
    { "a size that is no integer", "{\"n\": 8}", "{\"n\": 8.0}",
      "13:18: sizes.n: expected an integer from 1 to 4611686018427387903, got "
      "a number (8)" },
    { "a size named like a function", "{\"n\": 8}", "{\"min\": 8}",
      "13:13: sizes.min: 'min' has a meaning of its own in expressions; take "
      "another name" },
    { "a size that is no name", "{\"n\": 8}", "{\"n-1\": 8}",
      "13:13: sizes.n-1: expected a name of letters, digits" },
    { "sizes that are no object", "{\"n\": 8}", "[8]",
      "13:12: sizes: expected an object, got an array" },
    /* ---- params */
    { "a parameter name twice", "{\"name\": \"y\"", "{\"name\": \"x\"",
      "9:14: params[1].name: a parameter before it has the name 'x'" },
    { "an unknown type", "\"float32*\"", "\"float31*\"",
      "8:27: params[0].type: unknown type 'float31*'; did you mean "
      "'float32'? known: int8, " },
    { "an unknown intent", "\"intent\": \"out\"", "\"intent\": \"output\"",
      "9:49: params[1].intent: unknown intent 'output'; known: in, out, "
      "inout" },
    { "a workspace among the parameters", "\"intent\": \"out\"",
      "\"intent\": \"workspace\"",
      "9:49: params[1].intent: a workspace is no parameter of the definition: "
      "a variant names it under 'workspace'" },
    { "no intent", "\"intent\": \"in\", ", "",
      "8:5: params[0]: missing key 'intent' (a string)" },
    { "no shape", ", \"shape\": [\"n\", 4]", "",
      "9:5: params[1]: missing key 'shape' (an array)" },
    { "a dimension of zero", "[\"n\", 4]", "[\"n\", 0]",
      "9:71: params[1].shape[1]: expected an integer from 1 to" },
    { "a dimension of the wrong type", "[\"n\", 4]", "[\"n\", null]",
      "9:71: params[1].shape[1]: expected an integer or an expression (a "
      "string), got null" },
    { "a dimension that is no expression", "[\"n\", 4]", "[\"n\", \"n + \"]",
      "9:76: params[1].shape[1]: expected a number, a name or '(', got the "
      "end" },
    { "a scalar with a shape", "\"value\": 0.5", "\"shape\": []",
      "11:43: params[3].shape: only a tensor has it; a tensor's type ends "
      "with '*'" },
    { "a scalar that is written", "\"value\": 0.5", "\"intent\": \"out\"",
      "11:53: params[3].intent: a scalar can only be \"in\"" },
    { "a scalar of 16 bits", "\"float32\",", "\"float16\",",
      "11:32: params[3].type: a scalar is an integer, float32 or float64" },
    { "a scalar without a value", ", \"value\": 0.5", "",
      "11:5: params[3]: the scalar 'factor' is no size and has no 'value'" },
    { "a scalar's value of the wrong type", "\"value\": 0.5",
      "\"value\": \"0.5\"",
      "11:52: params[3].value: expected a number, got the string \"0.5\"" },
    { "a scalar's value too large", "\"value\": 0.5", "\"value\": 1e40",
      "11:52: params[3].value: 1e+40 does not fit float32" },
    { "an integer scalar's value too large", "\"float32\", \"value\": 0.5",
      "\"int8\", \"value\": 128",
      "11:49: params[3].value: 128 does not fit int8" },
    { "a size with a value", "\"int64\"", "\"int64\", \"value\": 8",
      "10:36: params[2].value: 'n' is a size, which is its value" },
    { "a size that is no integer type", "\"int64\"", "\"float64\"",
      "10:27: params[2].type: 'n' is a size; its type must be an integer" },
    { "a tensor named like a size", "\"name\": \"y\"", "\"name\": \"m\"",
      "9:5: params[1]: 'm' is the name of a size; a tensor can't have it" },
    { "a tensor with a value", "\"shape\": [\"n\", 4]",
      "\"shape\": [\"n\", 4], \"value\": 1",
      "9:75: params[1].value: only a scalar has a value" },
    { "an input that is zeroed", "\"shape\": [\"n\", \"m\"]",
      "\"shape\": [\"n\", \"m\"], \"zero\": true",
      "8:84: params[0].zero: an input is never zeroed" },
    /* ---- variants */
    { "no variants", text,
      "{\"multikernel\": 1, \"name\": \"a\",\n\"params\": [{\"name\": \"x\", "
      "\"type\": \"int8*\", \"intent\": \"in\", \"shape\": []}]}",
      "1:1: missing key 'variants' (an array)" },
    { "empty variants", text,
      "{\"multikernel\": 1, \"name\": \"a\",\n\"params\": [{\"name\": \"x\", "
      "\"type\": \"int8*\", \"intent\": \"in\", \"shape\": []}],\n"
      "\"variants\": []}",
      "3:13: variants: expected 1 to 4096 variants, got 0" },
    { "an unknown key in a variant", PLAIN_WITH("\"flag\": []"),
      "15:41: variants[0].flag: unknown key; did you mean 'flags'? known: "
      "name, entry" },
    { "no entry", ", \"entry\": \"plain\"", "",
      "15:5: variants[0]: missing key 'entry' (a string)" },
    { "an entry of the wrong type", "\"entry\": \"plain\"", "\"entry\": 3",
      "15:32: variants[0].entry: expected a string, got an integer (3)" },
    { "an entry that is no name", "\"entry\": \"plain\"", "\"entry\": \"a b\"",
      "15:32: variants[0].entry: expected the name of a function, got the "
      "string \"a b\"" },
    { "a variant name twice", "\"name\": \"blocked\"", "\"name\": \"plain\"",
      "16:14: variants[1].name: variants[0] has the name 'plain' too" },
    { "a variant named by a number", "\"name\": \"blocked\"", "\"name\": \"2\"",
      "16:14: variants[1].name: expected a name of letters, digits and _ . + "
      "- that begins with" },
    { "an unknown language", PLAIN_WITH("\"language\": \"C\""),
      "15:53: variants[0].language: unknown language 'C'; did you mean 'c'? "
      "known: c, shared-object, cuda, ptx, cubin, triton, opencl" },
    { "a language of another build", PLAIN_WITH("\"language\": \"opencl\""),
      "15:53: variants[0].language: language 'opencl' is not in this build" },
    { "a device of the CPU's", "\"language\": \"c\"",
      "\"device\": 0, \"language\": \"c\"",
      "4:3: device: belongs to the GPU languages (cuda, ptx, cubin, triton); "
      "these variants run on the CPU" },
    { "the CPU and a GPU", "\"name\": \"blocked\"",
      "\"language\": \"cuda\", \"name\": \"blocked\"",
      "16:18: variants[1].language: 'cuda' runs on the GPU, but plain ('c') on "
      "the CPU; all variants of a definition run on one device" },
    { "no language", "\"language\": \"c\",", "",
      "15:5: variants[0]: missing key 'language' (a string)" },
    { "no source", "\"source\": \"k.c\",", "",
      "15:5: variants[0]: missing key 'source' (a string)" },
    { "a source that is not there", "\"k.c\"", "\"gone.c\"",
      "5:13: source: there is no file " },
    { "a variant's source that is not there",
      PLAIN_WITH("\"source\": \"gone.c\""),
      "15:51: variants[0].source: there is no file " },
    { "flags of the wrong type", "[\"-O3\"]", "[\"-O3\", 3]",
      "6:20: flags[1]: expected a string, got an integer (3)" },
    { "a key of GPUs", PLAIN_WITH("\"block\": [256, 1, 1]"),
      "15:41: variants[0].block: belongs to the GPU languages (cuda, ptx, "
      "cubin, triton); this variant's language is 'c'" },
    { "defines of a shared object",
      PLAIN_WITH("\"language\": \"shared-object\", \"defines\": {}"),
      "15:70: variants[0].defines: means nothing to language 'shared-object', "
      "whose code is built already" },
    /* ---- defines and where */
    { "a define that is a size", "{\"B\": [1, 4]", "{\"n\": [1, 4]",
      "17:18: variants[1].defines.n: 'n' is the name of a size" },
    { "a define that is a number", "\"T\": \"float\"", "\"T\": 1.5",
      "17:36: variants[1].defines.T: expected an integer, a string, null "
      "(defined without a value) or a list of values, got a number (1.5)" },
    { "an empty list of values", "[1, 4]", "[]",
      "17:23: variants[1].defines.B: the list of values is empty" },
    { "a value twice", "[1, 4]", "[1, \"1\"]",
      "17:27: variants[1].defines.B[1]: the value '1' is listed twice" },
    { "a listed value with a comma", "[1, 4]", "[1, \"a,b\"]",
      "17:27: variants[1].defines.B[1]: a listed value becomes part of the "
      "variant's name" },
    { "a listed null", "[1, 4]", "[1, null]",
      "17:27: variants[1].defines.B[1]: expected an integer or a string, got "
      "null" },
    { "a where that is no expression", "\"B <= n\"", "\"B <= <\"",
      "17:61: variants[1].where: expected a number, a name or '(', got '<'" },
    { "a where of the wrong type", "\"B <= n\"", "true",
      "17:55: variants[1].where: expected a string, got true" },
    { "a where with an unknown name", "\"B <= n\"", "\"B <= nn\"",
      "17:61: variants[1].where: 'nn' is no size and no define; known: n, "
      "m, B, T" },
    { "a where with a define that is no integer", "\"B <= n\"", "\"T <= n\"",
      "17:56: variants[1].where: the define 'T' is no integer (it is "
      "'float')" },
    { "another variant's define", PLAIN_WITH("\"where\": \"B > 1\""),
      "15:51: variants[0].where: 'B' is no size and no define" },
    /* ---- params of a variant, workspaces, what it spares */
    { "a parameter that is not there", PLAIN_WITH("\"params\": [\"x\", \"z\"]"),
      "15:57: variants[0].params[1]: 'z' is no parameter of the definition, and "
      "no workspace and no own scalar of this variant" },
    { "a parameter listed twice", PLAIN_WITH("\"params\": [\"x\", \"x\"]"),
      "15:57: variants[0].params[1]: 'x' is listed twice" },
    { "an empty list of parameters", PLAIN_WITH("\"params\": []"),
      "15:51: variants[0].params: the list of parameters is empty" },
    { "an own scalar named like a size",
      PLAIN_WITH("\"own\": [{\"name\": \"m\", \"type\": \"int8\", "
                 "\"value\": 1}]"),
      "15:58: variants[0].own[0].name: 'm' is the name of a size" },
    { "a workspace without bytes",
      PLAIN_WITH("\"workspace\": [{\"name\": \"w\"}]"),
      "15:55: variants[0].workspace[0]: missing key 'bytes'" },
    { "a workspace's bytes that are no expression",
      PLAIN_WITH("\"workspace\": [{\"name\": \"w\", \"bytes\": \"n **\"}]"),
      "15:82: variants[0].workspace[0].bytes: expected a number, a name or "
      "'(', got '*'" },
    { "a workspace named like a parameter",
      PLAIN_WITH("\"workspace\": [{\"name\": \"x\", \"bytes\": 8}]"),
      "15:64: variants[0].workspace[0].name: 'x' is a parameter of the "
      "definition" },
    { "an unknown key in a workspace",
      PLAIN_WITH("\"workspace\": [{\"name\": \"w\", \"size\": 8}]"),
      "15:69: variants[0].workspace[0].size: unknown key; known: name, bytes, "
      "zero" },
    { "an output in place that is an input",
      PLAIN_WITH("\"inplace\": {\"x\": \"y\"}"),
      "15:58: variants[0].inplace.x: 'x' is no tensor that is written" },
    { "an input in place that is an output",
      PLAIN_WITH("\"inplace\": {\"y\": \"y\"}"),
      "15:58: variants[0].inplace.y: 'y' is no tensor that is read" },
    { "removed of the wrong type", PLAIN_WITH("\"removed\": \"tmp\""),
      "15:52: variants[0].removed: expected an array, got the string \"tmp\"" },
    /* ---- requires */
    { "an unknown requirement", PLAIN_WITH("\"requires\": {\"cpus\": []}"),
      "15:54: variants[0].requires.cpus: unknown key; did you mean 'cpu'? "
      "known: cpu, gpu, align, sizes" },
    { "features of a GPU", PLAIN_WITH("\"requires\": {\"gpu\": []}"),
      "15:54: variants[0].requires.gpu: this variant runs on the CPU, whose "
      "features 'cpu' lists" },
    { "an alignment that is no power of two",
      PLAIN_WITH("\"requires\": {\"align\": {\"x\": 48}}"),
      "15:69: variants[0].requires.align.x: expected a power of two, got an "
      "integer (48)" },
    { "an alignment of a scalar",
      PLAIN_WITH("\"requires\": {\"align\": {\"n\": 64}}"),
      "15:64: variants[0].requires.align.n: 'n' is no tensor that this variant "
      "takes" },
    { "an alignment of a tensor that is not taken",
      PLAIN_WITH("\"params\": [\"x\"], \"requires\": {\"align\": {\"y\": 64}}"),
      "15:81: variants[0].requires.align.y: 'y' is no tensor that this variant "
      "takes" },
    { "required sizes that are no expression",
      PLAIN_WITH("\"requires\": {\"sizes\": \"n % 16 = 0\"}"),
      "15:71: variants[0].requires.sizes: expected an operator or the end, got "
      "'='; write '=='" },
    { "required sizes that no argument tells",
      PLAIN_WITH("\"params\": [\"y\"], \"requires\": {\"sizes\": \"n > m\"}"),
      "15:85: variants[0].requires.sizes: no parameter that this variant takes "
      "tells the size 'm' at a call" },
    { "a feature of the wrong type", PLAIN_WITH("\"requires\": {\"cpu\": 1}"),
      "15:61: variants[0].requires.cpu: expected an array, got an integer "
      "(1)" },
    /* ---- the rest */
    { "a reference that is no variant", "\"reference\": \"plain\"",
      "\"reference\": \"plane\"",
      "19:16: reference: there is no variant 'plane'" },
    { "a negative tolerance", "1e-5", "-1e-5",
      "20:25: tolerance.rtol: expected a number that is not negative, got a "
      "number (-1.0000000000000001e-05)" },
    { "an unknown tolerance", "\"rtol\"", "\"relative\"",
      "20:17: tolerance.relative: unknown key; known: rtol, atol" },
    { "hints of an unknown size", "{\"n\": [64, 128]}", "{\"k\": [64]}",
      "21:18: size_hints.k: 'k' is no size; known: n, m, where" },
    { "a misspelt restriction of hints", "[64, 128]}",
      "[64, 128], \"wher\": \"n > 1\"}",
      "21:34: size_hints.wher: 'wher' is no size; did you mean 'where'?" },
    { "hints that are no list", "{\"n\": [64, 128]}", "{\"n\": 64}",
      "21:23: size_hints.n: expected an array, got an integer (64)" },
    { "a hint of zero", "[64, 128]", "[64, 0]",
      "21:28: size_hints.n[1]: expected an integer from 1 to" },
    { "a hint twice in a list", "[64, 128]", "[64, 128, 64]",
      "21:33: size_hints.n[2]: the value 64 is listed twice" },
    { "an empty list of hints", "[64, 128]", "[]",
      "21:23: size_hints.n: the list of values is empty" },
    { "hints that are a string", "{\"n\": [64, 128]}", "\"64\"",
      "21:17: size_hints: expected an object of lists or a list of objects, "
      "got the string \"64\"" },
    { "no hints", "{\"n\": [64, 128]}", "{}",
      "21:17: size_hints: there are no hints in it" },
    { "an empty list of combinations", "{\"n\": [64, 128]}", "[]",
      "21:17: size_hints: there are no hints in it" },
    { "nothing but a restriction", "\"n\": [64, 128]", "\"where\": \"n > 1\"",
      "21:17: size_hints: there are no hints in it" },
    { "an empty combination", "{\"n\": [64, 128]}", "[{\"n\": 64}, {}]",
      "21:29: size_hints[1]: the combination is empty" },
    { "a combination that is no object", "{\"n\": [64, 128]}", "[64]",
      "21:18: size_hints[0]: expected an object, got an integer (64)" },
    { "a combination of another type", "{\"n\": [64, 128]}",
      "[{\"n\": \"64\"}]",
      "21:24: size_hints[0].n: expected an integer or a list of integers, got "
      "the string \"64\"" },
    { "a combination with a hint of zero", "{\"n\": [64, 128]}", "[{\"n\": 0}]",
      "21:24: size_hints[0].n: expected an integer from 1 to" },
    { "a restriction of hints that is no string", "[64, 128]}",
      "[64, 128], \"where\": 1}",
      "21:43: size_hints.where: expected an expression (a string), got an "
      "integer (1)" },
    { "a restriction of hints with an unknown name", "[64, 128]}",
      "[64, 128], \"where\": \"n < k\"}",
      "21:48: size_hints.where: 'k' is no size; known: n, m" },
    { "a restriction of hints by a size without a value", "[64, 128]}",
      "[64, 128], \"where\": \"n < m\"}",
      "21:48: size_hints.where: the size 'm' has no default, and these hints "
      "do not name it" },
    { "a restriction that leaves no hint", "[64, 128]}",
      "[64, 128], \"where\": \"n < 64\"}",
      "21:43: size_hints.where: \"n < 64\" excludes every combination" },
    { "a restriction that leaves no hint of one grid", "{\"n\": [64, 128]}",
      "[{\"n\": 64}, {\"n\": [1, 2], \"where\": \"n > 2\"}]",
      "21:52: size_hints[1].where: \"n > 2\" excludes every combination" },
    { "a restriction of hints that divides by zero", "[64, 128]}",
      "[64, 128], \"where\": \"1 / (n - 128)\"}",
      "21:46: size_hints.where: division by zero at n=128" },
    { "a restriction of hints that overflows", "[64, 128]}",
      "[64, 128], \"where\": \"n * 4611686018427387904\"}",
      "21:46: size_hints.where: the value overflows 64 bits at n=64" },
    { "a combination of hints with an unknown size", "{\"n\": [64, 128]}",
      "[{\"n\": 64}, {\"k\": 1}]", "21:30: size_hints[1].k: 'k' is no size" },
    { "an empty compiler", "\"flags\"", "\"compiler\": \"\", \"flags\"",
      "6:15: compiler: the string is empty" },
};

#define WRONGS (sizeof(wrongs) / sizeof(wrongs[0]))

static void is_refused_with_its_place(void **state)
{
    const struct wrong *wrong = *state;
    char *content = replaced(text, wrong->from, wrong->to);
    char *expected =
        mk__format("%s:%s", folder_path("d.mk.json"), wrong->message);
    mk_definition *definition;

    assert_int_equal(load(&definition, content), MK_ERROR_DEFINITION);
    assert_null(definition);
    if (strncmp(mk_last_error()->message, expected, strlen(expected)) != 0)
        fail_msg("expected: %s\n     got: %s", expected,
                 mk_last_error()->message);
    free(expected);
    free(content);
}

int main(void)
{
    struct CMUnitTest tests[WRONGS];

    memset(tests, 0, sizeof(tests));
    for (size_t i = 0; i < WRONGS; ++i) {
        union {
            const struct wrong *from;
            void *to;
        } wrong = { &wrongs[i] };

        tests[i].name = wrongs[i].name;
        tests[i].test_func = is_refused_with_its_place;
        tests[i].initial_state = wrong.to;
    }
    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
