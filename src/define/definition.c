/* Loading a definition, and what can be asked of one. */
#include "define/definition.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

static int read_version(const struct mk__json *root)
{
    struct mk__json at = mk__json_member(root, "multikernel");
    struct mk__json program = mk__json_member(root, "program");
    int64_t version;
    int status;

    if (json_is_object(root->value) && program.value != NULL)
        return mk__json_error_key(&program,
                                  "this is a program; expected the definition "
                                  "of one multi-kernel");
    status = mk__json_object(root);
    if (status == MK_OK)
        status = mk__json_integer(&at, INT64_MIN, INT64_MAX, &version);
    if (status == MK_OK && version != 1)
        status = mk__json_error(&at, "the format's version is %lld, expected 1",
                                (long long)version);
    return status;
}

int mk__definition_read_name(const struct mk__json *at, const char **name)
{
    int status = mk__json_string(at, name);
    const char *c;

    if (status != MK_OK)
        return status;
    for (c = *name; *c != '\0'; ++c)
        if ((unsigned char)*c >= 0x80 ||
            (!isalnum((unsigned char)*c) && strchr("_.+-", *c) == NULL))
            break;
    if (*c != '\0' || (!isalpha((unsigned char)**name) && **name != '_'))
        return mk__json_expected(
            at, "a name of letters, digits and _ . + - that begins with a "
                "letter or '_'");
    return MK_OK;
}

static int read_tolerance(mk_definition *definition,
                          const struct mk__json *root)
{
    static const char *const keys[] = { "rtol", "atol", NULL };
    double *const values[] = { &definition->rtol, &definition->atol };
    struct mk__json at = mk__json_member(root, "tolerance");
    int status;

    if (at.value == NULL)
        return MK_OK;
    definition->tolerant = true;
    status = mk__json_keys(&at, keys);
    for (size_t i = 0; keys[i] != NULL && status == MK_OK; ++i) {
        struct mk__json one = mk__json_member(&at, keys[i]);

        if (one.value == NULL)
            continue;
        status = mk__json_number(&one, values[i]);
        if (status == MK_OK && (*values[i] < 0.0 || !isfinite(*values[i])))
            status = mk__json_expected(&one, "a number that is not negative");
    }
    return status;
}

static int read_reference(mk_definition *definition,
                          const struct mk__json *root)
{
    struct mk__json at = mk__json_member(root, "reference");
    const char *name;
    int status;

    if (at.value == NULL)
        return MK_OK;
    status = mk__json_string(&at, &name);
    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < definition->variant_count; ++i) {
        if (strcmp(definition->variants[i].name, name) == 0) {
            definition->reference = i;
            return MK_OK;
        }
    }
    return mk__json_error(&at, "there is no variant '%.40s'", name);
}

/* The variants are read. */
static int read_device(mk_definition *definition, const struct mk__json *root)
{
    struct mk__json at = mk__json_member(root, "device");
    bool gpu = mk__language_is_gpu(definition->variants[0].language);
    int64_t ordinal = 0;
    int status = MK_OK;

    if (at.value != NULL && !gpu)
        return mk__json_error_key(&at, "belongs to the GPU languages (cuda, "
                                       "ptx, cubin, triton); these variants "
                                       "run on the CPU");
    if (at.value != NULL)
        status = mk__json_integer(&at, 0, INT32_MAX, &ordinal);
    definition->device.device_type = gpu ? kDLCUDA : kDLCPU;
    definition->device.device_id = (int32_t)ordinal;
    return status;
}

static int read_definition(mk_definition *definition)
{
    static const char *const keys[] = {
        "multikernel", "name",           "language",   "source",
        "flags",       "params",         "sizes",      "variants",
        "reference",   "tolerance",      "size_hints", "compiler",
        "metadata",    "reduction_hint", "device",     NULL
    };
    struct mk__json root = mk__json_root(&definition->file);
    struct mk__json name = mk__json_member(&root, "name");
    int status = read_version(&root);

    if (status == MK_OK)
        status = mk__json_keys(&root, keys);
    if (status == MK_OK)
        status = mk__definition_read_name(&name, &definition->name);
    if (status == MK_OK)
        status = mk__definition_read_sizes(definition, &root);
    if (status == MK_OK)
        status = mk__definition_read_params(definition, &root);
    if (status == MK_OK)
        status = mk__definition_read_variants(definition, &root);
    if (status == MK_OK)
        status = read_device(definition, &root);
    if (status == MK_OK)
        status = read_reference(definition, &root);
    if (status == MK_OK)
        status = read_tolerance(definition, &root);
    if (status == MK_OK)
        status = mk__definition_read_hints(definition, &root);
    return status;
}

int mk__definition_parse(mk_definition **definition, const char *path,
                         char *text, size_t length)
{
    mk_definition *made = mk__calloc(1, sizeof(*made));
    int status;

    *definition = NULL;
    if (made == NULL) {
        free(text);
        return MK_ERROR_NO_MEMORY;
    }
    status = mk__json_parse(&made->file, path, text, length);
    if (status == MK_OK)
        status = read_definition(made);
    if (status != MK_OK)
        mk_definition_destroy(made);
    else
        *definition = made;
    return status;
}

int mk_definition_load(mk_definition **definition, const char *path)
{
    char *text;
    size_t length;
    int status = mk__file_read(path, &text, &length);

    *definition = NULL;
    if (status != MK_OK)
        return status;
    return mk__definition_parse(definition, path, text, length);
}

void mk_definition_destroy(mk_definition *definition)
{
    if (definition == NULL)
        return;
    mk__terms_free(definition);
    mk__arena_free(&definition->arena);
    mk__json_close(&definition->file);
    free(definition);
}

const char *mk_definition_name(const mk_definition *definition)
{
    return definition->name;
}

const char *mk_definition_path(const mk_definition *definition)
{
    return definition->file.path;
}

const char *mk_definition_backend(const mk_definition *definition)
{
    return definition->backend;
}

DLDevice mk_definition_device(const mk_definition *definition)
{
    return definition->device;
}

int mk_definition_set_device(mk_definition *definition, int ordinal)
{
    if (definition->device.device_type == kDLCPU)
        return mk__error(MK_ERROR_INVALID,
                         "%s: the variants of %s run on the CPU, of which "
                         "there is one; a device is for those of a GPU",
                         definition->file.path, definition->name);
    if (ordinal < 0)
        return mk__error(MK_ERROR_INVALID,
                         "%s: the device is %d, expected an ordinal from 0",
                         definition->file.path, ordinal);
    definition->device.device_id = ordinal;
    return MK_OK;
}

int mk__definition_check_cpu(const mk_definition *definition, const char *what)
{
    if (definition->device.device_type == kDLCPU)
        return MK_OK;
    return mk__error(MK_ERROR_UNSUPPORTED,
                     "%s: the variants of %s run on a GPU, but %s kernels of "
                     "the CPU alone; 'multikernel run' and 'tune' (and "
                     "mk_definition_multi) take it",
                     definition->file.path, definition->name, what);
}

const mk_size *mk_definition_sizes(const mk_definition *definition,
                                   size_t *count)
{
    *count = definition->size_count;
    return definition->sizes;
}
