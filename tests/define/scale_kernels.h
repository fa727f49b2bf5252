/* Kernels that scale a vector, as files, definitions and multi-kernels. */
#ifndef MULTIKERNEL_TESTS_DEFINE_SCALE_KERNELS_H
#define MULTIKERNEL_TESTS_DEFINE_SCALE_KERNELS_H

#include "folder.h"

static const char source[] =
    "#include <stdint.h>\n"
    "#ifndef MARK\n"
    "#define MARK 0\n"
    "#endif\n"
    "void plain(const float *x, float *y, int64_t n, float factor)\n"
    "{\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        y[i] = x[i] * factor + MARK;\n"
    "}\n"
    "void without_factor(float *y, const float *x, int64_t n)\n"
    "{\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        y[i] = x[i] * 0.5F;\n"
    "}\n"
    "void scratch(const float *x, uint8_t *w, float *y, int64_t n,\n"
    "             float factor, uint8_t *zeros)\n"
    "{\n"
    "    float *copy = (float *)(void *)w;\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        copy[i] = x[i] + zeros[i];\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        y[i] = copy[i] * factor;\n"
    "}\n"
    "void object(void *const *argv);\n"
    "void object(void *const *argv)\n"
    "{\n"
    "    plain(*(const float **)argv[0], *(float **)argv[1],\n"
    "          *(int64_t *)argv[2], *(float *)argv[3]);\n"
    "}\n";

static const char form[] =
    "{\"multikernel\": 1, \"name\": \"scale\", \"language\": \"c\", "
    "\"source\": \"k.c\",\n"
    " \"params\": [\n"
    "  {\"name\": \"x\", \"type\": \"float32*\", \"intent\": \"in\", "
    "\"shape\": [\"n\"]},\n"
    "  {\"name\": \"y\", \"type\": \"float32*\", \"intent\": \"out\", "
    "\"shape\": [\"n\"]},\n"
    "  {\"name\": \"n\", \"type\": \"int64\"},\n"
    "  {\"name\": \"factor\", \"type\": \"float32\", \"value\": 0.5}],\n"
    " \"sizes\": {\"n\": 24},\n"
    " \"variants\": [\nVARIANTS]}";

static inline int make_folder(void **state)
{
    char *command;
    int status;

    if (folder_make(state) != 0 ||
        setenv("MULTIKERNEL_CACHE_DIR", folder, 1) != 0)
        return -1;
    folder_write("k.c", source);
    command = mk__format("${CC:-cc} -shared -fPIC -o '%s/k.so' '%s/k.c'",
                         folder, folder);
    status = system(command); // NOLINT
    free(command);
    return status;
}

static inline mk_definition *with_variants(const char *variants)
{
    char *content = replaced(form, "VARIANTS", variants);
    mk_definition *definition;

    folder_write("d.mk.json", content);
    free(content);
    if (mk_definition_load(&definition, folder_path("d.mk.json")) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return definition;
}

static inline mk_multi *multi_at(const mk_definition *definition, int64_t n)
{
    const mk_size size = { "n", n };
    mk_multi *multi;

    if (mk_definition_multi(&multi, definition, &size, 1, NULL) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return multi;
}

static inline mk_arguments *arguments_at(const mk_definition *definition,
                                         const mk_multi *multi, int64_t n)
{
    const mk_size size = { "n", n };
    mk_arguments *arguments;

    if (mk_arguments_create(&arguments, definition, multi, &size, 1, 42) !=
        MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return arguments;
}

#endif
