/* What a module's image says of its kernels: text of the tests' own, PTX, or a
 * cubin. */
#include "support/fake_cuda/fake.h"

#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text ----------------------------------------------------------------------------- */

static bool read_params(struct CUfunc_st *function, const char *list)
{
    char *end;

    for (function->param_count = 0; *list != '\0'; list = end) {
        if (function->param_count == FAKE_PARAMS)
            return false;
        function->params[function->param_count++] = strtoul(list, &end, 10);
        if (end == list)
            return false;
        end += *end == ',';
    }
    return true;
}

/* One word after the name: KEY=VALUE. */
static bool read_word(struct CUfunc_st *function, const char *word)
{
    const char *value = strchr(word, '=');
    size_t length = value != NULL ? (size_t)(value - word) : 0;
    double number;

    if (value == NULL)
        return false;
    ++value;
    if (length == 6 && strncmp(word, "params", length) == 0)
        return read_params(function, value);
    number = strtod(value, NULL);
#define IS(key) (length == sizeof(key) - 1 && strncmp(word, key, length) == 0)
    if (IS("ns"))
        function->ns = number;
    else if (IS("cold"))
        function->cold = number;
    else if (IS("noise"))
        function->noise = number;
    else if (IS("seed"))
        function->seed = (uint64_t)number;
    else if (IS("touches"))
        function->touches = number;
    else if (IS("max_threads"))
        function->max_threads = (int)number;
    else if (IS("static_shared"))
        function->static_shared = (int)number;
    else if (IS("cluster"))
        function->cluster = (unsigned)number;
    else if (IS("fault"))
        function->fault = (CUresult)number;
    else
        return false;
#undef IS
    return true;
}

static CUresult read_kernel(CUmodule module, char *line, char *log, size_t size)
{
    char *rest = NULL;
    struct CUfunc_st *function;
    char *word;

    (void)strtok_r(line, " \t\r", &rest); /* "kernel" */
    word = strtok_r(NULL, " \t\r", &rest);
    if (word == NULL)
        return CUDA_ERROR_INVALID_VALUE;
    function = fake_function(module, word);
    if (function == NULL)
        return CUDA_ERROR_OUT_OF_MEMORY;
    while ((word = strtok_r(NULL, " \t\r", &rest)) != NULL)
        if (!read_word(function, word)) {
            snprintf(log, size, "the fake knows no %s", word);
            return (CUresult)FAKE_CUDA_ERROR_INVALID_IMAGE;
        }
    return CUDA_SUCCESS;
}

static int capability(void)
{
    return 10 * fake_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
           fake_attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
}

static CUresult read_line(CUmodule module, char *line, char *log, size_t size)
{
    line += strspn(line, " \t");
    if (*line == '#' || *line == '\0')
        return CUDA_SUCCESS;
    if (strncmp(line, "kernel ", 7) == 0)
        return read_kernel(module, line, log, size);
    if (strncmp(line, "arch ", 5) == 0)
        return strtol(line + 5, NULL, 10) <= capability()
                   ? CUDA_SUCCESS
                   : (CUresult)FAKE_CUDA_ERROR_NO_BINARY_FOR_GPU;
    if (strncmp(line, "broken ", 7) == 0) {
        snprintf(log, size, "%s", line + 7);
        return (CUresult)FAKE_CUDA_ERROR_INVALID_PTX;
    }
    snprintf(log, size, "the fake cannot read: %s", line);
    return (CUresult)FAKE_CUDA_ERROR_INVALID_IMAGE;
}

static CUresult read_text(CUmodule module, const char *image, char *log,
                          size_t size)
{
    CUresult result = CUDA_SUCCESS;
    char *text = strdup(image);
    char *rest = NULL;

    if (text == NULL)
        return CUDA_ERROR_OUT_OF_MEMORY;
    for (char *line = strtok_r(text, "\n", &rest);
         line != NULL && result == CUDA_SUCCESS;
         line = strtok_r(NULL, "\n", &rest))
        result = read_line(module, line, log, size);
    free(text);
    return result;
}

/* ---- PTX ------------------------------------------------------------------------------ */

/* Bytes of ".param .align 8 .b8 name[24]", up to `end`: the last type's. */
static size_t ptx_param_bytes(const char *text, const char *end)
{
    size_t bytes = 0;

    for (; text < end; ++text) {
        if (text[0] == '.' && strchr("busf", text[1]) != NULL &&
            isdigit((unsigned char)text[2]))
            bytes = strtoul(text + 2, NULL, 10) / 8;
        if (text[0] == '[')
            bytes *= strtoul(text + 1, NULL, 10);
    }
    return bytes;
}

static bool read_entry(CUmodule module, const char *text)
{
    struct CUfunc_st *function;
    char name[128];
    const char *end;

    if (sscanf(text, " %127[^ \t\r\n(]", name) != 1)
        return false;
    function = fake_function(module, name);
    if (function == NULL)
        return false;
    text += strcspn(text, "({");
    if (*text != '(')
        return true;
    for (++text; *text != ')' && *text != '\0'; text = end) {
        end = text + strcspn(text, ",)");
        if (ptx_param_bytes(text, end) > 0 &&
            function->param_count < FAKE_PARAMS)
            function->params[function->param_count++] =
                ptx_param_bytes(text, end);
        end += *end == ',';
    }
    return true;
}

static CUresult read_ptx(CUmodule module, const char *text, char *log,
                         size_t size)
{
    const char *entry = text;

    while ((entry = strstr(entry, ".entry")) != NULL) {
        entry += strlen(".entry");
        if (!read_entry(module, entry)) {
            snprintf(log, size, "an entry without a name");
            return (CUresult)FAKE_CUDA_ERROR_INVALID_PTX;
        }
    }
    return CUDA_SUCCESS;
}

/* ---- Cubins --------------------------------------------------------------------------- */

/* From .nv.info.NAME: a format, an attribute, and 16 bits that are a value or
 * the size of what follows. Attribute 0x17 describes a parameter: its ordinal at
 * byte 4, its size in bits 18 to 31 of the last word. */
static void read_info(struct CUfunc_st *function, const unsigned char *info,
                      size_t size)
{
    for (size_t at = 0; at + 4 <= size;) {
        uint16_t more, ordinal;
        uint32_t word;

        memcpy(&more, info + at + 2, sizeof(more));
        if (info[at] == 4 && info[at + 1] == 0x17 && at + 16 <= size) {
            memcpy(&ordinal, info + at + 8, sizeof(ordinal));
            memcpy(&word, info + at + 12, sizeof(word));
            if (ordinal < FAKE_PARAMS) {
                function->params[ordinal] = word >> 18;
                if (function->param_count <= ordinal)
                    function->param_count = (size_t)ordinal + 1;
            }
        }
        at += 4 + (info[at] == 4 ? more : 0u);
    }
}

static const Elf64_Shdr *section(const unsigned char *image, size_t i)
{
    const Elf64_Ehdr *header = (const void *)image;

    return (const void *)(image + header->e_shoff +
                          i * (size_t)header->e_shentsize);
}

static const char *section_name(const unsigned char *image, size_t i)
{
    const Elf64_Ehdr *header = (const void *)image;

    return (const char *)image + section(image, header->e_shstrndx)->sh_offset +
           section(image, i)->sh_name;
}

/* A kernel NAME has its code in .text.NAME and its parameters in
 * .nv.info.NAME. */
static CUresult read_cubin(CUmodule module, const unsigned char *image)
{
    static const char prefix[] = ".nv.info.";
    const Elf64_Ehdr *header = (const void *)image;

    for (size_t i = 0; i < header->e_shnum; ++i) {
        const char *name = section_name(image, i);
        struct CUfunc_st *function;

        if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
            continue;
        function = fake_function(module, name + sizeof(prefix) - 1);
        if (function == NULL)
            return CUDA_ERROR_OUT_OF_MEMORY;
        read_info(function, image + section(image, i)->sh_offset,
                  section(image, i)->sh_size);
    }
    return CUDA_SUCCESS;
}

CUresult fake_module_read(CUmodule module, const void *image, char *log,
                          size_t size)
{
    if (memcmp(image, ELFMAG, SELFMAG) == 0)
        return read_cubin(module, image);
    if (strstr(image, ".version") != NULL && strstr(image, ".target") != NULL)
        return read_ptx(module, image, log, size);
    return read_text(module, image, log, size);
}
