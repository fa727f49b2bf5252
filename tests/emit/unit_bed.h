/* Kernels emitted into a folder, built with a program that calls them. */
#ifndef MULTIKERNEL_TESTS_EMIT_UNIT_BED_H
#define MULTIKERNEL_TESTS_EMIT_UNIT_BED_H

#include "base/folder.h"

#include "base/alloc.h"
#include "emit/units.h"

enum {
    MOST_KERNELS = 16
};

/* A definition in the folder, and the kernels that are emitted of it. */
struct bed {
    mk_definition *definitions[2];
    size_t definition_count;
    struct mk__files files;
    struct mk__unit_kernel kernels[MOST_KERNELS];
    size_t count;
    char *names[MOST_KERNELS];
    char *symbols[MOST_KERNELS];
};

/* Adds the definition in the file of that name, with all its points. The kernel
 * of a point is DEFINITION_0, DEFINITION_1, ... */
static inline void bed_add(struct bed *bed, const char *file)
{
    mk_definition **definition = &bed->definitions[bed->definition_count++];
    struct mk__point *points;
    size_t count;

    assert_ok(mk_definition_load(definition, folder_path(file)));
    assert_ok(mk__space_points(*definition, NULL, &points, &count));
    for (size_t i = 0; i < count; ++i) {
        char *name = mk__space_name(&points[i]);
        size_t at = bed->count++;

        assert_true(at < MOST_KERNELS);
        bed->names[at] = mk__format("%s.%s", (*definition)->name, name);
        bed->symbols[at] = mk__format("%s_%zu", (*definition)->name, i);
        bed->kernels[at] = (struct mk__unit_kernel){
            .definition = *definition,
            .point = points[i],
            .name = bed->names[at],
            .symbol = bed->symbols[at],
        };
        free(name);
    }
    free(points);
}

/* Begins the emission of demo.mk.json into `out`, with the stem demo. */
static inline void bed_begin(struct bed *bed, const char *out)
{
    *bed = (struct bed){ .count = 0 };
    bed_add(bed, "demo.mk.json");
    assert_ok(mk__files_begin(&bed->files, folder_path(out), "demo",
                              folder_path("demo.mk.json"), NULL));
}

/* Adds what a dispatcher or wrapper would be, and writes. */
static inline int bed_write(struct bed *bed)
{
    static const char header[] = "\nint demo_answer(void);\n";
    static const char source[] = "\n#include \"demo.h\"\n\n"
                                 "int demo_answer(void)\n{\n"
                                 "    return 42;\n}\n";
    int status = mk__files_add(&bed->files, ".h", "/*", header, strlen(header));

    if (status == MK_OK)
        status = mk__files_add(&bed->files, ".c", "/*", source, strlen(source));
    return status == MK_OK ? mk__files_write(&bed->files) : status;
}

static inline void bed_free(struct bed *bed)
{
    mk__files_free(&bed->files);
    for (size_t i = 0; i < bed->count; ++i) {
        free(bed->names[i]);
        free(bed->symbols[i]);
    }
    for (size_t i = 0; i < bed->definition_count; ++i)
        mk_definition_destroy(bed->definitions[i]);
}

/* Emits demo.mk.json into `out`; no kernel has a fault. */
static inline void emit(const char *out, bool objects)
{
    struct bed bed;

    bed_begin(&bed, out);
    assert_ok(
        mk__units_add(&bed.files, bed.kernels, bed.count, objects, false));
    for (size_t i = 0; i < bed.count; ++i)
        if (bed.kernels[i].fault != NULL)
            fail_msg("%s: %s", bed.kernels[i].name, bed.kernels[i].fault);
    assert_ok(bed_write(&bed));
    bed_free(&bed);
}

/* Runs a command in the folder; it must succeed. Free what it printed with
 * free(). */
static inline char *shell(const char *command)
{
    char *line = mk__format("cd '%s' && { %s\n}", folder, command);
    const char *const argv[] = { "sh", "-c", line, NULL };
    char *output = NULL;
    int exit_status = -1;

    assert_non_null(line);
    assert_ok(mk__proc_run(argv, &output, &exit_status));
    if (exit_status != 0)
        fail_msg("%s: %s", command, output);
    free(line);
    return output;
}

static inline void run(const char *command)
{
    free(shell(command));
}

/* Builds out/demo.make, in the folder `build`, into the program `main` of main.c,
 * and runs it. */
#define MAKE_AND_RUN                                                           \
    "make -s -f out/demo.make demo_DIR=build && "                              \
    "${CC:-cc} -o main main.c build/demo.a -lm && ./main"

static inline bool has_text(const char *file, const char *part)
{
    char *text = folder_read(file);
    bool has = strstr(text, part) != NULL;

    free(text);
    return has;
}

/* `text` with the first `from` made `to`. Free with free(). */
static inline char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *result;

    assert_non_null(at);
    result =
        mk__format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_non_null(result);
    return result;
}

/* ---- Definitions -------------------------------------------------------------- */

/* demo: y = f(x), n elements of a type. */
#define DEMO(type, more, variants)                                             \
    "{\"multikernel\": 1, \"name\": \"demo\", \"language\": \"c\",\n"          \
    "\"source\": \"demo.c\", " more "\n"                                       \
    "\"params\": [\n"                                                          \
    "  {\"name\": \"x\", \"type\": \"" type "*\", \"intent\": \"in\", "        \
    "\"shape\": [\"n\"]},\n"                                                   \
    "  {\"name\": \"y\", \"type\": \"" type "*\", \"intent\": \"out\", "       \
    "\"shape\": [\"n\"]},\n"                                                   \
    "  {\"name\": \"n\", \"type\": \"int64\"}],\n"                             \
    "\"variants\": [" variants "]}\n"

#define FLAGS "\"flags\": [\"-O1\"],"
#define VARIANT(name, entry)                                                   \
    "{\"name\": \"" name "\", \"entry\": \"" entry "\"}"
#define ONE VARIANT("a", "scale")

/* What it computes. */
#define SCALE(function, type, expression)                                      \
    "void " function "(const " type " *x, " type " *y, int64_t n)\n"           \
    "{\n"                                                                      \
    "    for (int64_t i = 0; i < n; ++i)\n"                                    \
    "        y[i] = " expression ";\n"                                         \
    "}\n"

/* A program that calls it with one element, and what must hold then. */
#define CALLER(type, x, y, ...)                                                \
    "#include <stdint.h>\n"                                                    \
    "void demo_0(const " type " *x, " type " *y, int64_t n);\n"                \
    "int main(void)\n{\n"                                                      \
    "    const " type " x[] = {" x "};\n"                                      \
    "    " type " y[] = {" y "};\n"                                            \
    "    demo_0(x, y, 1);\n"                                                   \
    "    return !(" __VA_ARGS__ ");\n"                                         \
    "}\n"

#endif
