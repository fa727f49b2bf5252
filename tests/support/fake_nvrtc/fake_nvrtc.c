#include "support/fake_nvrtc.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

/* What is found here by its name. */
extern struct fake_nvrtc fake_nvrtc EXPORTED;
#define DECLARE(name, type, parameters) EXPORTED type name parameters;
MK__NVRTC_FUNCTIONS(DECLARE)
#undef DECLARE

struct _nvrtcProgram {
    char *text;
    char *name;
    char entry[256];
    char symbol[256];
    char log[1024];
    char cubin[8192];
    size_t length;
    bool compiled; /* without an error */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void reset(void);

struct fake_nvrtc fake_nvrtc = { .major = 13, .minor = 0, .reset = reset };

static void reset(void)
{
    memset(&fake_nvrtc, 0, sizeof(fake_nvrtc));
    fake_nvrtc.major = 13;
    fake_nvrtc.reset = reset;
}

/* Counts a call, and gives what it fails with. */
static nvrtcResult count(enum fake_nvrtc_call call)
{
    atomic_fetch_add(&fake_nvrtc.calls[call], 1);
    return fake_nvrtc.fail[call];
}

static nvrtcResult misuse(nvrtcResult result)
{
    atomic_fetch_add(&fake_nvrtc.misuses, 1);
    return result;
}

nvrtcResult nvrtcVersion(int *major, int *minor)
{
    *major = fake_nvrtc.major;
    *minor = fake_nvrtc.minor;
    return count(FAKE_nvrtcVersion);
}

const char *nvrtcGetErrorString(nvrtcResult result)
{
    static _Thread_local char text[32];

    (void)count(FAKE_nvrtcGetErrorString);
    snprintf(text, sizeof(text), "NVRTC_ERROR_%d", (int)result);
    return text;
}

nvrtcResult nvrtcCreateProgram(nvrtcProgram *program, const char *text,
                               const char *name, int header_count,
                               const char *const *headers,
                               const char *const *header_names)
{
    nvrtcResult result = count(FAKE_nvrtcCreateProgram);

    *program = NULL;
    if (text == NULL || name == NULL || header_count != 0 || headers != NULL ||
        header_names != NULL)
        return misuse((nvrtcResult)3);
    if (result != NVRTC_SUCCESS)
        return result;
    *program = calloc(1, sizeof(**program));
    if (*program == NULL)
        return NVRTC_ERROR_OUT_OF_MEMORY;
    (*program)->text = strdup(text);
    (*program)->name = strdup(name);
    atomic_fetch_add(&fake_nvrtc.live, 1);
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcDestroyProgram(nvrtcProgram *program)
{
    nvrtcResult result = count(FAKE_nvrtcDestroyProgram);

    if (program == NULL || *program == NULL)
        return misuse((nvrtcResult)4);
    free((*program)->text);
    free((*program)->name);
    free(*program);
    *program = NULL;
    atomic_fetch_sub(&fake_nvrtc.live, 1);
    return result;
}

nvrtcResult nvrtcAddNameExpression(nvrtcProgram program, const char *expression)
{
    nvrtcResult result = count(FAKE_nvrtcAddNameExpression);

    if (program->compiled || program->entry[0] != '\0')
        return misuse((nvrtcResult)8);
    snprintf(program->entry, sizeof(program->entry), "%s", expression);
    return result;
}

/* ---- Compiling ------------------------------------------------------------------- */

static bool is_option(const char *option)
{
    static const char *const known[] = {
        "--std=",
        "-I",
        "--include-path=",
        "-D",
        "--gpu-architecture=",
        "-dlto",
        "-lineinfo",
        "-use_fast_math",
        "--maxrregcount=",
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); ++i)
        if (strncmp(option, known[i], strlen(known[i])) == 0)
            return true;
    return false;
}

static void make_symbol(nvrtcProgram program)
{
    bool plain = true;

    for (const char *at = program->entry; *at != '\0'; ++at)
        plain = plain && (isalnum((unsigned char)*at) || *at == '_');
    snprintf(program->symbol, sizeof(program->symbol), "%s%.240s",
             plain ? "" : "_Z_", program->entry);
    for (char *at = program->symbol; *at != '\0'; ++at)
        if (!isalnum((unsigned char)*at))
            *at = '_';
}

/* Whether the text has the entry's identifier, without namespace and template's
 * arguments. */
static bool has_entry(const struct _nvrtcProgram *program)
{
    char name[sizeof(program->entry)];
    const char *start = name;

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(program->entry, "<"),
             program->entry);
    if (strrchr(name, ':') != NULL)
        start = strrchr(name, ':') + 1;
    return *start != '\0' && strstr(program->text, start) != NULL;
}

/* Goes through the source's lines. */
static bool read_text(nvrtcProgram program)
{
    const char *line = program->text;
    bool kernels = false;

    for (size_t number = 1; *line != '\0'; ++number) {
        int length = (int)strcspn(line, "\n");

        if (strncmp(line, "#error ", 7) == 0) {
            snprintf(program->log, sizeof(program->log),
                     "%s(%zu): warning: this is a fake\n%s(%zu): error: %.*s\n"
                     "1 error detected in the compilation of \"%s\".\n",
                     program->name, number, program->name, number, length - 7,
                     line + 7, program->name);
            return false;
        }
        if (strncmp(line, "//kernel ", 9) == 0) {
            program->length +=
                (size_t)snprintf(program->cubin + program->length,
                                 sizeof(program->cubin) - program->length,
                                 "%.*s\n", length - 2, line + 2);
            kernels = true;
        }
        line += length;
        line += *line == '\n';
    }
    if (!kernels)
        program->length +=
            (size_t)snprintf(program->cubin + program->length,
                             sizeof(program->cubin) - program->length,
                             "kernel %s\n", program->symbol);
    program->length += 1; /* a driver is not told where an image ends */
    return true;
}

static nvrtcResult compile(nvrtcProgram program, const char *options)
{
    if (fake_nvrtc.compiling != NULL)
        fake_nvrtc.compiling();
    if (fake_nvrtc.fail[FAKE_nvrtcCompileProgram] != NVRTC_SUCCESS)
        return fake_nvrtc.fail[FAKE_nvrtcCompileProgram];
    make_symbol(program);
    program->length = (size_t)snprintf(program->cubin, sizeof(program->cubin),
                                       "# %s%s\n", program->name, options);
    if (!read_text(program))
        return NVRTC_ERROR_COMPILATION;
    if (!has_entry(program)) {
        snprintf(program->log, sizeof(program->log),
                 "__nv_name_map(2): error: identifier \"%s\" is undefined\n",
                 program->entry);
        return NVRTC_ERROR_COMPILATION;
    }
    program->compiled = true;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int option_count,
                                const char *const *options)
{
    char all[sizeof(fake_nvrtc.options)] = "";
    size_t length = 0;

    (void)count(FAKE_nvrtcCompileProgram);
    for (int i = 0; i < option_count; ++i) {
        bool file = i > 0 && strcmp(options[i - 1], "-include") == 0;

        if (strcmp(options[i], "-include") != 0 && !file &&
            !is_option(options[i])) {
            snprintf(program->log, sizeof(program->log),
                     "nvrtc: error: unrecognized option %s found\n",
                     options[i]);
            return (nvrtcResult)5;
        }
        length += (size_t)snprintf(all + length, sizeof(all) - length, " %s",
                                   options[i]);
        if (length >= sizeof(all))
            return misuse((nvrtcResult)3);
    }
    pthread_mutex_lock(&lock);
    snprintf(fake_nvrtc.name, sizeof(fake_nvrtc.name), "%s", program->name);
    memcpy(fake_nvrtc.options, all, sizeof(all));
    pthread_mutex_unlock(&lock);
    return compile(program, all);
}

/* ---- What came of it ---------------------------------------------------------------- */

nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t *bytes)
{
    *bytes = strlen(program->log) + 1;
    return count(FAKE_nvrtcGetProgramLogSize);
}

nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char *log)
{
    memcpy(log, program->log, strlen(program->log) + 1);
    return count(FAKE_nvrtcGetProgramLog);
}

nvrtcResult nvrtcGetLoweredName(nvrtcProgram program, const char *expression,
                                const char **name)
{
    nvrtcResult result = count(FAKE_nvrtcGetLoweredName);

    *name = NULL;
    if (!program->compiled || strcmp(expression, program->entry) != 0)
        return misuse((nvrtcResult)10);
    if (result == NVRTC_SUCCESS)
        *name = program->symbol;
    return result;
}

nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t *bytes)
{
    *bytes = program->compiled && !fake_nvrtc.no_cubin ? program->length : 0;
    return count(FAKE_nvrtcGetCUBINSize);
}

nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char *cubin)
{
    nvrtcResult result = count(FAKE_nvrtcGetCUBIN);

    if (!program->compiled)
        return misuse((nvrtcResult)3);
    memcpy(cubin, program->cubin, program->length);
    return result;
}
