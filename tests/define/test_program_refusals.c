/* Every complaint about a program, with its place and its words. */
#include "program_text.h"

/* Each is one change away from the right one. */
struct wrong {
    const char *name;
    const char *from; /* this part of the text */
    const char *to;
    const char *message; /* behind "folder/p.mk.json" */
};

#define CALL1 "{\"kernel\": \"map.mk.json\", \"args\": {\"x\": \"buf0\", "
#define CALL2 "\"args\": {\"x\": \"in0\", \"y\": \"buf1\", \"z\": \"out0\"}"

static const struct wrong wrongs[] = {
    { "a definition", "\"program\": \"chain\"",
      "\"name\": \"a\", \"params\": []",
      ":3:16: params: this is the definition of one multi-kernel; expected a "
      "program" },
    { "no name", "\"program\": \"chain\",", "",
      ":1:1: missing key 'program' (a string)" },
    { "another version", "\"multikernel\": 1", "\"multikernel\": 7",
      ":2:18: multikernel: the format's version is 7, expected 1" },
    { "an unknown key", "\"buffers\"", "\"bufers\"",
      ":11:3: bufers: unknown key; did you mean 'buffers'?" },
    { "a program that is no name", "\"chain\"", "\"ch-ain\"",
      ":3:14: program: expected a name of letters, digits and '_'" },
    { "a program that is a keyword", "\"chain\"", "\"while\"",
      ":3:14: program: 'while' has a meaning of its own in C or C++; take "
      "another name" },
    /* ---- buffers */
    { "a buffer that is a keyword of C++", "\"name\": \"buf1\"",
      "\"name\": \"template\"",
      ":13:14: buffers[1].name: 'template' has a meaning of its own in C or "
      "C++" },
    { "a buffer with a reserved name", "\"name\": \"buf1\"",
      "\"name\": \"_Buf\"",
      ":13:14: buffers[1].name: '_Buf' has a meaning of its own in C or C++" },
    { "two buffers of a name", "\"name\": \"buf1\"", "\"name\": \"in0\"",
      ":13:14: buffers[1].name: another buffer has the name 'in0'" },
    { "a buffer named as the program", "\"name\": \"buf1\"",
      "\"name\": \"chain\"",
      ":13:14: buffers[1].name: 'chain' is the program's name" },
    { "a buffer named as a size", "\"name\": \"buf1\"", "\"name\": \"rows\"",
      ":13:14: buffers[1].name: 'rows' is the name of a size" },
    { "a size that is a keyword", "\"shape\": [\"rows\", \"cols\"]},\n    {",
      "\"shape\": [\"int\", \"cols\"]},\n    {",
      ":5:51: inputs[0].shape[0]: 'int' has a meaning of its own in C or "
      "C++" },
    { "an unknown type", "\"by\", \"type\": \"float32\"",
      "\"by\", \"type\": \"float\"",
      ":6:28: inputs[1].type: unknown type 'float'" },
    { "a scalar of 16 bits", "\"by\", \"type\": \"float32\"",
      "\"by\", \"type\": \"float16\"",
      ":6:28: inputs[1].type: a scalar is an integer, float32 or float64" },
    { "a scalar with a shape", "\"by\", \"type\": \"float32\"",
      "\"by\", \"type\": \"float32\", \"shape\": []",
      ":6:39: inputs[1].shape: only a tensor has it" },
    { "an output that is a scalar",
      "\"out0\", \"type\": \"float32*\", "
      "\"shape\": [\"2 * rows\"]",
      "\"out0\", \"type\": \"float32\"",
      ":9:30: outputs[0].type: a scalar can only be an input" },
    { "an intent of a buffer", "\"name\": \"buf1\"",
      "\"intent\": \"in\", \"name\": \"buf1\"",
      ":13:6: buffers[1].intent: unknown key" },
    { "an input that is \"out\"", "\"name\": \"in0\"",
      "\"intent\": \"out\", \"name\": \"in0\"",
      ":5:16: inputs[0].intent: unknown intent 'out'; known: in, inout" },
    { "no shape", ", \"shape\": [\"2 * rows\"]", "",
      ":9:5: outputs[0]: missing key 'shape' (an array)" },
    { "a dimension of 0", "[\"2 * rows\"]", "[0]",
      ":9:52: outputs[0].shape[0]: the size is 0, expected 1 to 2^62 - 1" },
    { "a dimension that is no expression", "[\"2 * rows\"]", "[\"2 rows\"]",
      ":9:55: outputs[0].shape[0]: expected an operator or the end, got "
      "'rows'" },
    { "a dimension that divides by zero", "[\"2 * rows\"]", "[\"rows / 0\"]",
      ":9:58: outputs[0].shape[0]: division by zero" },
    { "too many bytes", "[\"2 * rows\"]", "[2305843009213693952, \"2 * rows\"]",
      ":9:5: outputs[0]: 'out0' takes more bytes than an address can count" },
    /* ---- sizes */
    { "a size that no shape has", "\"inputs\": [",
      "\"sizes\": {\"rowz\": 4},\n  \"inputs\": [",
      ":4:13: sizes.rowz: no shape has the size 'rowz'; did you mean 'rows'? "
      "known: rows, cols" },
    { "a size of 0", "\"inputs\": [",
      "\"sizes\": {\"rows\": 0},\n  \"inputs\": [",
      ":4:21: sizes.rows: expected an integer from 1 to" },
    { "a trial size that no shape has", "\"inputs\": [",
      "\"trial_sizes\": {\"col\": 4},\n  \"inputs\": [",
      ":4:19: trial_sizes.col: no shape has the size 'col'; did you mean "
      "'cols'?" },
    /* ---- calls */
    { "no calls", program_text,
      "{\"multikernel\": 1, \"program\": \"p\", \"calls\": []}",
      ":1:45: calls: expected 1 to 4096 calls, got 0" },
    { "an unknown kernel", "join.mk.json", "jion.mk.json",
      ":18:16: calls[2].kernel: there is no file " },
    { "an unknown key of a call", CALL1,
      "{\"kernel\": \"map.mk.json\", "
      "\"arg\": {\"x\": \"buf0\", ",
      ":17:31: calls[1].arg: unknown key; did you mean 'args'? known: kernel, "
      "args, sizes" },
    { "an argument that is not bound", CALL1,
      "{\"kernel\": \"map.mk.json\", "
      "\"args\": {",
      ":17:5: calls[1]: argument 'x' of map is not bound: name a buffer under "
      "'args'" },
    { "no arguments at all", "\"args\": {\"x\": \"buf0\", \"y\": \"buf1\"}",
      "\"args\": {}", ":17:5: calls[1]: argument 'x' of map is not bound" },
    { "an unknown argument", CALL1,
      "{\"kernel\": \"map.mk.json\", \"args\": "
      "{\"x\": \"buf0\", \"fcator\": 1, ",
      ":17:53: calls[1].args.fcator: map has no such parameter; did you mean "
      "'factor'? known: x, y, n, m, factor" },
    { "an unknown buffer", "\"x\": \"buf0\"", "\"x\": \"buf9\"",
      ":17:45: calls[1].args.x: there is no buffer 'buf9'; did you mean "
      "'buf0'?" },
    { "a scalar for a tensor", "\"x\": \"buf0\"", "\"x\": \"by\"",
      ":17:45: calls[1].args.x: 'by' is a scalar, map takes a tensor" },
    { "a tensor for a scalar", "\"factor\": \"by\"", "\"factor\": \"in0\"",
      ":16:75: calls[0].args.factor: 'in0' is a tensor, expected a scalar" },
    { "words for a scalar", "\"factor\": \"by\"", "\"factor\": \"two\"",
      ":16:75: calls[0].args.factor: expected a number or the name of a scalar "
      "input" },
    { "a scalar of another type", "\"by\", \"type\": \"float32\"",
      "\"by\", \"type\": \"float64\"",
      ":16:75: calls[0].args.factor: 'by' is of type float64, expected "
      "float32" },
    { "another element type", "\"buf1\", \"type\": \"float32*\"",
      "\"buf1\", \"type\": \"float64*\"",
      ":17:58: calls[1].args.y: 'buf1' is of type float64*, expected "
      "float32*" },
    { "another rank", "\"buf1\", \"type\": " MATRIX,
      "\"buf1\", \"type\": \"float32*\", \"shape\": [\"rows\"]",
      ":17:58: calls[1].args.y: 'buf1' has 1 dimensions, expected 2" },
    { "another shape", "\"buf1\", \"type\": " MATRIX,
      "\"buf1\", \"type\": \"float32*\", \"shape\": [\"rows\", \"rows\"]",
      ":17:58: calls[1].args.y: dimension 1 of 'buf1' is rows, which can't be "
      "shown to equal cols" },
    { "another shape by an expression", "\"2 * rows\"", "\"rows + 2\"",
      ":18:71: calls[2].args.z: dimension 0 of 'out0' is rows + 2, which can't "
      "be shown to equal 2 * rows" },
    { "other constants", "\"buf1\", \"type\": " MATRIX "}\n  ],",
      "\"buf1\", \"type\": \"float32*\", \"shape\": [\"rows\", 5]}\n  ],\n"
      "  \"sizes\": {\"cols\": 4},",
      ":18:58: calls[1].args.y: dimension 1 of 'buf1' is 5, expected 4" },
    { "a size argument that differs", CALL1,
      "{\"kernel\": \"map.mk.json\", \"args\": {\"m\": \"cols + 1\", "
      "\"x\": \"buf0\", ",
      ":17:45: calls[1].args.m: cols + 1, which can't be shown to equal cols, "
      "as the shapes say" },
    { "a size argument that is no size", CALL1,
      "{\"kernel\": \"map.mk.json\", \"args\": {\"m\": \"colz\", "
      "\"x\": \"buf0\", ",
      ":17:46: calls[1].args.m: 'colz' is no size; did you mean 'cols'?" },
    { "sizes of a call that are none", CALL1,
      "{\"sizes\": {\"q\": 1}, \"kernel\": \"map.mk.json\", \"args\": {\"x\": "
      "\"buf0\", ",
      ":17:16: calls[1].sizes.q: map has no size 'q'" },
    { "sizes of a call that differ", CALL1,
      "{\"sizes\": {\"m\": 3}, \"kernel\": \"map.mk.json\", \"args\": {\"x\": "
      "\"buf0\", ",
      ":17:64: calls[1].args.x: dimension 1 of 'buf0' is cols, which can't be "
      "shown to equal 3" },
    /* ---- the order of reads and writes */
    { "an input that is written", CALL1 "\"y\": \"buf1\"",
      CALL1 "\"y\": \"in0\"",
      ":17:58: calls[1].args.y: map writes 'in0', which is an input; declare "
      "it as \"intent\": \"inout\" if the caller's is to change" },
    { "a read that no call writes", "\"x\": \"in0\", \"y\": \"buf1\"",
      "\"x\": \"in0\", \"y\": \"buf2\"",
      ":18:58: calls[2].args.y: there is no buffer 'buf2'" },
    { "a read before a write", "\"x\": \"in0\", \"y\": \"buf0\"",
      "\"x\": \"buf1\", \"y\": \"buf0\"",
      ":16:5: calls[0]: map reads 'buf1', which calls[1] writes, which needs "
      "what this call writes: a cycle" },
    { "a read of what is only written", CALL1 "\"y\": \"buf1\"}},",
      "{\"kernel\": \"map.mk.json\", \"args\": {\"x\": \"in0\", \"y\": "
      "\"buf0\"}},",
      ":18:5: calls[2]: join reads 'buf1', which no call writes" },
    { "a read of the call's own result", CALL1 "\"y\": \"buf1\"",
      CALL1 "\"y\": \"buf1\"}},\n    {\"kernel\": \"map.mk.json\", "
            "\"args\": {\"x\": \"out1\", \"y\": \"out1\"",
      ":18:45: calls[2].args.x: there is no buffer 'out1'" },
    { "an output that no call writes", CALL2,
      "\"args\": {\"x\": \"in0\", \"y\": \"buf1\", \"z\": \"buf2\"}",
      ":18:71: calls[2].args.z: there is no buffer 'buf2'" },
    { "a buffer that no call uses", "{\"name\": \"buf1\"",
      "{\"name\": \"spare\", \"type\": " MATRIX "},\n    {\"name\": \"buf1\"",
      ":13:5: buffers[1]: no call uses 'spare'" },
    { "a scalar that no call uses", ", \"factor\": \"by\"", "",
      ":6:5: inputs[1]: no call uses 'by'" },
    { "an inout that no call writes", "\"name\": \"in0\"",
      "\"intent\": \"inout\", \"name\": \"in0\"",
      ":5:5: inputs[0]: 'in0' is \"inout\", but no call writes it" },
    { "nan_checks that are no boolean", "\"inputs\": [",
      "\"nan_checks\": 1,\n  \"inputs\": [",
      ":4:17: nan_checks: expected true or false, got an integer (1)" },
};

static void every_complaint_has_its_place(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); ++i) {
        char *text = replaced(program_text, wrongs[i].from, wrongs[i].to);
        char *expected =
            mk__format("%s%s", folder_path("p.mk.json"), wrongs[i].message);
        mk_program *program = NULL;
        int status = load_text(&program, text);

        if (status != MK_ERROR_DEFINITION ||
            strncmp(mk_last_error()->message, expected, strlen(expected)) !=
                0) {
            print_error("%s:\n  expected %s\n  got      %s\n", wrongs[i].name,
                        expected,
                        status != MK_OK ? mk_last_error()->message : "MK_OK");
            ++failed;
        }
        mk_program_destroy(program);
        free(expected);
        free(text);
    }
    assert_int_equal(failed, 0);
}

/* Loads `text`, which must be refused with a message that holds `message`. */
static void refused(const char *text, const char *message)
{
    mk_program *program;

    assert_int_equal(load_text(&program, text), MK_ERROR_DEFINITION);
    assert_null(program);
    assert_contains(mk_last_error()->message, message);
}

/* Calls of `map`, by inputs and outputs, on matrices a to c, and y that is an
 * output. */
#define ON_MATRICES(calls)                                                     \
    "{\"multikernel\": 1, \"program\": \"p\",\n"                               \
    "\"inputs\": [{\"name\": \"x\", \"type\": " MATRIX "}],\n"                 \
    "\"outputs\": [{\"name\": \"y\", \"type\": " MATRIX "}],\n"                \
    "\"buffers\": [{\"name\": \"a\", \"type\": " MATRIX "},\n"                 \
    "{\"name\": \"b\", \"type\": " MATRIX "}],\n"                              \
    "\"calls\": [" calls "]}\n"
#define MAP(x, y)                                                              \
    "{\"kernel\": \"map.mk.json\", \"args\": {\"x\": \"" x "\", \"y\": \"" y   \
    "\"}}"

static void reads_come_after_writes(void **state)
{
    (void)state;
    refused(ON_MATRICES(MAP("a", "b") ", " MAP("x", "a") ", " MAP("b", "y")),
            "calls[0]: map reads 'a', which is written only later, by "
            "calls[1]: calls run in the order of the list");
    refused(ON_MATRICES(MAP("a", "y") ", " MAP("x", "b") ", " MAP("b", "a")),
            "calls[0]: map reads 'a', which is written only later, by "
            "calls[2]");
    refused(ON_MATRICES(MAP("a", "b") ", " MAP("b", "a") ", " MAP("b", "y")),
            "calls[0]: map reads 'a', which calls[1] writes, which needs what "
            "this call writes: a cycle");
    refused(ON_MATRICES(MAP("a", "a") ", " MAP("a", "y") ", " MAP("x", "b")),
            "calls[0]: map reads 'a' before any call has written it");
    refused(ON_MATRICES(MAP("x", "a") ", " MAP("y", "b")),
            "calls[1]: map reads 'y', which no call writes");
    refused(ON_MATRICES(MAP("x", "a") ", " MAP("a", "b")),
            "outputs[0]: no call writes the output 'y'");
}

static void a_program_has_an_output(void **state)
{
    (void)state;
    refused("{\"multikernel\": 1, \"program\": \"p\",\n"
            "\"inputs\": [{\"name\": \"x\", \"type\": " MATRIX "}],\n"
            "\"buffers\": [{\"name\": \"a\", \"type\": " MATRIX "}],\n"
            "\"calls\": [" MAP("x", "a") "]}\n",
            "p.mk.json:1:1: the program has no output");
}

static void one_buffer_twice_must_be_meant(void **state)
{
    char *apart = replaced(map_text, "\"inplace\": {\"y\": \"x\"}},\n",
                           "\"inplace\": {}},\n");
    char *never =
        replaced(apart, "\"inplace\": {\"y\": \"x\"}}", "\"inplace\": {}}");
    char *twice = replaced(join_text,
                           "\"name\": \"y\", \"type\": \"float32*\", "
                           "\"intent\": \"in\"",
                           "\"name\": \"y\", \"type\": \"float32*\", "
                           "\"intent\": \"inout\"");
    char *same = replaced(program_text, "\"x\": \"in0\", \"y\": \"buf1\"",
                          "\"x\": \"buf1\", \"y\": \"buf1\"");

    (void)state;
    folder_write("map.mk.json", apart);
    refused(program_text, "calls[0].kernel: variants a and b of map differ on "
                          "what 'y' is written over in place");
    folder_write("map.mk.json", never);
    refused(ON_MATRICES(MAP("x", "a") ", " MAP("a", "a") ", " MAP("a", "y")),
            "calls[1].args.y: 'a' is passed for 'x' too, which is read: the "
            "variants of map must say that one may be written over the other "
            "(\"inplace\": {\"y\": \"x\"})");
    folder_write("map.mk.json", map_text);
    folder_write("join.mk.json", twice);
    refused(same, "calls[2].args.y: 'buf1' is passed for 'x' too, which is "
                  "read");
    folder_write("join.mk.json", join_text);
    free(same);
    free(twice);
    free(never);
    free(apart);
}

static void one_buffer_is_not_written_twice_by_a_call(void **state)
{
    char *join = replaced(join_text,
                          "\"name\": \"y\", \"type\": \"float32*\", "
                          "\"intent\": \"in\"",
                          "\"name\": \"y\", \"type\": \"float32*\", "
                          "\"intent\": \"out\"");
    char *square = replaced(join, "[\"2 * n\"]", "[\"n\", \"m\"]");
    char *text =
        replaced(program_text, "[\"2 * rows\"]", "[\"rows\", \"cols\"]");
    char *twice =
        replaced(text, "\"y\": \"buf1\", \"z\"", "\"y\": \"out0\", \"z\"");

    (void)state;
    folder_write("join.mk.json", square);
    refused(twice, "calls[2].args.y: 'out0' is passed for 'z' too, and both "
                   "are written");
    folder_write("join.mk.json", join_text);
    free(twice);
    free(text);
    free(square);
    free(join);
}

static void B6_what_a_variant_removes_it_does_not_take(void **state)
{
    char *join = replaced(join_text, "\"entry\": \"a\"}",
                          "\"entry\": \"a\", \"removed\": [\"x\"]}");

    (void)state;
    folder_write("join.mk.json", join);
    refused(program_text, "calls[2]: variant a of join says that it removes "
                          "'x', and takes it: leave it out of its 'params'");
    folder_write("join.mk.json", join_text);
    free(join);
}

static void a_size_that_nothing_tells(void **state)
{
    char *join =
        replaced(join_text, "\"shape\": [\"2 * n\"]", "\"shape\": [\"n + q\"]");
    char *text = replaced(program_text, "\"z\": \"out0\"}",
                          "\"z\": \"out0\"}, \"sizes\": {\"q\": \"rows\"}");
    mk_program *program;

    (void)state;
    folder_write("join.mk.json", join);
    refused(program_text, "calls[2]: size 'q' of join is told by no argument; "
                          "give it under 'sizes'");
    program = loaded_text(text);
    mk_program_destroy(program);
    folder_write("join.mk.json", join_text);
    free(text);
    free(join);
}

static void a_size_has_a_value_that_fits(void **state)
{
    char *narrow = replaced(map_text, "\"m\", \"type\": \"int64\"",
                            "\"m\", \"type\": \"int8\"");
    char *wide = replaced(program_text, "\"inputs\": [",
                          "\"sizes\": {\"cols\": 128},\n  \"inputs\": [");
    char *join = replaced(join_text, "\"shape\": [\"2 * n\"]",
                          "\"shape\": [\"2 * n + q\"]");
    char *none = replaced(program_text, "\"z\": \"out0\"}",
                          "\"z\": \"out0\"}, \"sizes\": {\"q\": 0}");

    (void)state;
    folder_write("map.mk.json", narrow);
    refused(wide, "calls[0]: m=128 does not fit the type of the parameter of "
                  "map");
    folder_write("map.mk.json", map_text);
    folder_write("join.mk.json", join);
    refused(none, "calls[2]: size 'q' of join would be 0, expected 1 to "
                  "2^62 - 1");
    folder_write("join.mk.json", join_text);
    free(none);
    free(join);
    free(wide);
    free(narrow);
}

static void where_that_leaves_nothing(void **state)
{
    char *join = replaced(join_text, "\"entry\": \"a\"}",
                          "\"entry\": \"a\", \"where\": \"n < n\"}");

    (void)state;
    folder_write("join.mk.json", join);
    refused(program_text,
            "calls[2].kernel: 'where' excludes every variant of join");
    folder_write("join.mk.json", join_text);
    free(join);
}

static void faults_of_definitions_are_told_as_theirs(void **state)
{
    (void)state;
    folder_write("join.mk.json", "{\"multikernel\": 1}");
    refused(program_text, "join.mk.json:1:1: missing key 'name'");
    folder_write("join.mk.json", program_text);
    refused(program_text, "join.mk.json:3:3: program: this is a program; "
                          "expected the definition of one multi-kernel");
    folder_write("join.mk.json", join_text);
}

static void sizes_of_the_caller(void **state)
{
    static const struct {
        mk_size sizes[2];
        size_t count;
        const char *message;
    } given[] = {
        { { { "rowz", 4 } },
          1,
          "p.mk.json: there is no size 'rowz'; did you mean 'rows'? known: "
          "rows, cols" },
        { { { "rows", 0 } }, 1, "size 'rows' is 0, expected 1 to 2^62 - 1" },
        { { { "rows", 4 }, { "rows", 4 } }, 2, "size 'rows' is given twice" },
    };

    (void)state;
    folder_write("p.mk.json", program_text);
    for (size_t i = 0; i < 3; ++i) {
        mk_program *program;

        assert_int_equal(mk_program_load(&program, folder_path("p.mk.json"),
                                         given[i].sizes, given[i].count),
                         MK_ERROR_INVALID);
        assert_contains(mk_last_error()->message, given[i].message);
    }
}

static void a_file_that_is_not_there(void **state)
{
    mk_program *program;

    (void)state;
    assert_int_equal(
        mk_program_load(&program, folder_path("none.json"), NULL, 0),
        MK_ERROR_IO);
    assert_null(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_complaint_has_its_place),
        cmocka_unit_test(reads_come_after_writes),
        cmocka_unit_test(a_program_has_an_output),
        cmocka_unit_test(one_buffer_twice_must_be_meant),
        cmocka_unit_test(one_buffer_is_not_written_twice_by_a_call),
        cmocka_unit_test(B6_what_a_variant_removes_it_does_not_take),
        cmocka_unit_test(a_size_that_nothing_tells),
        cmocka_unit_test(a_size_has_a_value_that_fits),
        cmocka_unit_test(where_that_leaves_nothing),
        cmocka_unit_test(faults_of_definitions_are_told_as_theirs),
        cmocka_unit_test(sizes_of_the_caller),
        cmocka_unit_test(a_file_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, program_folder, folder_remove);
}
