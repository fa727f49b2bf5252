/* CUDA source to cubins.
 *
 * Key:         SHA-256 of NVRTC's version and build, the toolkit's folder, options,
 *              defines, architecture, entry, and the source with its local headers.
 * Layout:      <cache>/objects/<2 characters>/<key>.cubin: the entry's symbol, a zero
 *              byte, the cubin, and a seal.
 * Concurrency: written under a temporary name and renamed; two processes that
 *              compile the same source write equal objects.
 * Doubt:       an object that is not what was written is compiled anew, and one whose
 *              headers changed meanwhile is not kept. A folder that can't be written
 *              costs the next process the compilation. */
#include "backend/cuda_compile.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/backend.h>

#include "backend/cuda_options.h"
#include "backend/source.h"
#include "base/alloc.h"
#include "base/cache.h"
#include "base/error.h"
#include "base/lib.h"
#include "base/str.h"
#include "driver/nvrtc.h"

/* ---- The compiler -------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct mk__nvrtc nvrtc;
static bool opened;
static char why[MK__NVRTC_WHY];
static char version[32]; /* "NVRTC 13.0" */

static void open_nvrtc(void)
{
    nvrtcResult result;
    int major = 0;
    int minor = 0;

    opened = mk__nvrtc_open(&nvrtc, why);
    if (!opened)
        return;
    result = nvrtc.nvrtcVersion(&major, &minor);
    opened = result == NVRTC_SUCCESS;
    if (opened)
        snprintf(version, sizeof(version), "NVRTC %d.%d", major, minor);
    else
        snprintf(why, sizeof(why),
                 "NVRTC does not tell its version: %s; install the CUDA "
                 "toolkit's libnvrtc anew, or name another in "
                 "MULTIKERNEL_LIBNVRTC",
                 nvrtc.nvrtcGetErrorString(result));
}

static int open_compiler(void)
{
    (void)pthread_once(&once, open_nvrtc);
    return opened ? MK_OK
                  : mk_fail(MK_ERROR_NOT_FOUND, "cuda", 0, NULL, "%s", why);
}

int mk__cuda_compiler(const char **words)
{
    int status = open_compiler();

    *words = status == MK_OK ? version : NULL;
    return status;
}

/* Its version and, since an update may keep that, its build. */
static int hash_compiler(struct mk__hash *hash)
{
    char build[MK__DIGEST_SIZE];
    const void *address;
    int status;

    memcpy(&address, &nvrtc.nvrtcVersion, sizeof(address));
    status = mk__lib_identify(address, build);
    mk__hash_text(hash, version);
    mk__hash_text(hash, build);
    return status;
}

static int make_digest(const struct mk__cuda_program *program,
                       const struct mk__cuda_options *options,
                       char digest[MK__DIGEST_SIZE])
{
    const struct mk__source_files files = {
        .path = program->path,
        .text = program->text,
        .flags = options->all,
        .flag_count = options->count,
    };
    struct mk__hash hash;
    int status;

    mk__hash_init(&hash);
    mk__hash_text(&hash, "cubin 1"); /* form of the kept file */
    status = hash_compiler(&hash);
    mk__cuda_options_hash(&hash, options);
    mk__hash_text(&hash, program->entry);
    if (status == MK_OK)
        status = mk__source_hash_files(&hash, &files);
    mk__hash_end(&hash, digest);
    return status;
}

int mk__cuda_program_digest(const struct mk__cuda_program *program,
                            char digest[MK__DIGEST_SIZE])
{
    struct mk__cuda_options options;
    int status = open_compiler();

    if (status != MK_OK)
        return status;
    status = mk__cuda_options_make(&options, program);
    if (status == MK_OK)
        status = make_digest(program, &options, digest);
    mk__cuda_options_free(&options);
    return status;
}

/* ---- Compiling ------------------------------------------------------------------- */

/* What NVRTC's own failure is to the caller. */
static mk_status status_of(nvrtcResult result)
{
    return result == NVRTC_ERROR_OUT_OF_MEMORY ? MK_ERROR_NO_MEMORY
                                               : MK_ERROR_COMPILE;
}

static int refuse(const struct mk__cuda_program *program, const char *what,
                  nvrtcResult result)
{
    return mk_fail(status_of(result), "cuda", (int)result, NULL,
                   "%s: %s does not %s: %s", program->name, version, what,
                   nvrtc.nvrtcGetErrorString(result));
}

/* What the compiler has to say; "" where it can't. NULL without memory. */
static char *read_log(nvrtcProgram made)
{
    size_t size = 0;
    char *log;

    if (nvrtc.nvrtcGetProgramLogSize(made, &size) != NVRTC_SUCCESS)
        size = 0;
    log = mk__calloc(size + 1, 1);
    if (log != NULL && size > 0 &&
        nvrtc.nvrtcGetProgramLog(made, log) != NVRTC_SUCCESS)
        log[0] = '\0';
    return log;
}

/* Why it does not compile: the compiler's first complaint. NVRTC looks for the
 * entry in a file of its own, behind the source. */
static int blame(const struct mk__cuda_program *program,
                 const struct mk__cuda_options *options, nvrtcProgram made,
                 nvrtcResult result)
{
    static const char behind[] = "__nv_name_map(";
    char *log = read_log(made);
    const char *line;
    int length, status;

    if (log == NULL)
        return MK_ERROR_NO_MEMORY;
    line = log[0] != '\0' ? mk__first_error(log)
                          : nvrtc.nvrtcGetErrorString(result);
    length = (int)mk__line_length(line);
    if (result != NVRTC_ERROR_COMPILATION)
        status = mk_fail(status_of(result), "cuda", (int)result, log,
                         "%s: %s does not compile for %s with these flags: "
                         "%.*s",
                         program->name, version, options->architecture, length,
                         line);
    else if (strncmp(line, behind, strlen(behind)) == 0)
        status = mk_fail(MK_ERROR_COMPILE, "cuda", (int)result, log,
                         "%s: entry '%s' is not the C++ name of a __global__ "
                         "function in %s: %.*s",
                         program->name, program->entry,
                         program->path != NULL ? program->path : "the text",
                         length, line);
    else
        status =
            mk_fail(MK_ERROR_COMPILE, "cuda", (int)result, log,
                    "%s does not compile: %.*s", program->name, length, line);
    free(log);
    return status;
}

/* Takes what came of a program that compiled. */
static int take(const struct mk__cuda_program *program,
                const struct mk__cuda_options *options, nvrtcProgram made,
                struct mk__cuda_object *object)
{
    const char *symbol;
    nvrtcResult result =
        nvrtc.nvrtcGetLoweredName(made, program->entry, &symbol);

    if (result != NVRTC_SUCCESS)
        return refuse(program, "tell the entry's symbol", result);
    result = nvrtc.nvrtcGetCUBINSize(made, &object->length);
    if (result == NVRTC_SUCCESS && object->length == 0)
        return mk_fail(MK_ERROR_COMPILE, "cuda", 0, NULL,
                       "%s: %s makes no cubin of it for %s: flags must name a "
                       "real architecture (sm_90), and ask for nothing else "
                       "(-dlto)",
                       program->name, version, options->architecture);
    if (result == NVRTC_SUCCESS) {
        object->symbol = mk__strdup(symbol);
        object->image = mk__malloc(object->length);
        if (object->symbol == NULL || object->image == NULL)
            return MK_ERROR_NO_MEMORY;
        result = nvrtc.nvrtcGetCUBIN(made, object->image);
    }
    return result == NVRTC_SUCCESS
               ? MK_OK
               : refuse(program, "hand out the cubin", result);
}

static int compile(const struct mk__cuda_program *program,
                   const struct mk__cuda_options *options,
                   struct mk__cuda_object *object)
{
    char *file = program->path == NULL
                     ? mk__format("the text of %s", program->name)
                     : mk__strdup(program->path);
    nvrtcProgram made = NULL;
    nvrtcResult result;
    int status;

    if (file == NULL)
        return MK_ERROR_NO_MEMORY;
    result =
        nvrtc.nvrtcCreateProgram(&made, program->text, file, 0, NULL, NULL);
    free(file);
    if (result != NVRTC_SUCCESS)
        return refuse(program, "take the source", result);
    result = nvrtc.nvrtcAddNameExpression(made, program->entry);
    if (result != NVRTC_SUCCESS) {
        status = refuse(program, "take the entry", result);
    } else {
        result =
            nvrtc.nvrtcCompileProgram(made, (int)options->count, options->all);
        status = result == NVRTC_SUCCESS
                     ? take(program, options, made, object)
                     : blame(program, options, made, result);
    }
    (void)nvrtc.nvrtcDestroyProgram(&made);
    return status;
}

/* ---- Keeping ----------------------------------------------------------------------- */

static void keep(const struct mk__cuda_object *object, const char *kept)
{
    size_t head = strlen(object->symbol) + 1;
    char *bytes = mk__malloc(head + object->length);

    if (bytes == NULL)
        return;
    memcpy(bytes, object->symbol, head);
    memcpy(bytes + head, object->image, object->length);
    (void)mk__source_keep_bytes(bytes, head + object->length, kept);
    free(bytes);
}

/* Finds what was kept. The image begins where memory does, aligned for whoever
 * reads it. */
static bool find(struct mk__cuda_object *object, const char *kept)
{
    size_t length = 0;
    char *bytes = mk__source_kept_bytes(kept, &length);
    char *symbol = NULL;
    size_t head = 0;

    if (bytes != NULL)
        head = strnlen(bytes, length) + 1;
    if (bytes != NULL && head < length)
        symbol = mk__strdup(bytes);
    if (symbol == NULL) {
        free(bytes);
        return false;
    }
    memmove(bytes, bytes + head, length - head);
    *object = (struct mk__cuda_object){
        .image = bytes,
        .length = length - head,
        .symbol = symbol,
        .found = true,
    };
    return true;
}

/* A header that was changed since the digest was made may be what was compiled. */
static bool unchanged(const struct mk__cuda_program *program,
                      const struct mk__cuda_options *options,
                      const char *digest)
{
    char now[MK__DIGEST_SIZE];

    return make_digest(program, options, now) == MK_OK &&
           strcmp(now, digest) == 0;
}

static int find_or_compile(const struct mk__cuda_program *program,
                           const struct mk__cuda_options *options,
                           struct mk__cuda_object *object)
{
    char digest[MK__DIGEST_SIZE];
    char *kept;
    int status = make_digest(program, options, digest);

    if (status != MK_OK)
        return status;
    /* NULL: there is no cache folder. */
    kept = mk__cache_path("objects/%.2s/%s.cubin", digest, digest);
    if (kept == NULL || !find(object, kept)) {
        status = compile(program, options, object);
        if (status == MK_OK && kept != NULL &&
            unchanged(program, options, digest))
            keep(object, kept);
    }
    free(kept);
    return status;
}

int mk__cuda_compile(const struct mk__cuda_program *program,
                     struct mk__cuda_object *object)
{
    struct mk__cuda_options options;
    int status = open_compiler();

    *object = (struct mk__cuda_object){ NULL, 0, NULL, false };
    if (status != MK_OK)
        return status;
    status = mk__cuda_options_make(&options, program);
    if (status == MK_OK)
        status = find_or_compile(program, &options, object);
    mk__cuda_options_free(&options);
    if (status != MK_OK) {
        free(object->image);
        free(object->symbol);
        *object = (struct mk__cuda_object){ NULL, 0, NULL, false };
    }
    return status;
}
