/* NVRTC, NVIDIA's compiler of CUDA C++ as a library, opened at run time: what
 * of its API is used here, declared anew. Names, types and values are those of
 * nvrtc.h; where that is included first, its own are used. */
#ifndef MULTIKERNEL_DRIVER_NVRTC_H
#define MULTIKERNEL_DRIVER_NVRTC_H

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
#define MK__NVRTC_RESULTS(X) \
    X(NVRTC_SUCCESS, 0) \
    X(NVRTC_ERROR_OUT_OF_MEMORY, 1) \
    X(NVRTC_ERROR_COMPILATION, 6)

#ifndef __NVRTC_H__
#define MK__ENUMERATOR(name, value) name = (value),
typedef enum nvrtcResult { MK__NVRTC_RESULTS(MK__ENUMERATOR) } nvrtcResult;
#undef MK__ENUMERATOR

typedef struct _nvrtcProgram *nvrtcProgram;
#endif

#define MK__NVRTC_FUNCTIONS(X) \
    X(nvrtcVersion, nvrtcResult, (int *major, int *minor)) \
    X(nvrtcGetErrorString, const char *, (nvrtcResult result)) \
    X(nvrtcCreateProgram, nvrtcResult, \
      (nvrtcProgram *program, const char *text, const char *name, int count, \
       const char *const *headers, const char *const *header_names)) \
    X(nvrtcDestroyProgram, nvrtcResult, (nvrtcProgram *program)) \
    X(nvrtcAddNameExpression, nvrtcResult, \
      (nvrtcProgram program, const char *expression)) \
    X(nvrtcCompileProgram, nvrtcResult, \
      (nvrtcProgram program, int count, const char *const *options)) \
    X(nvrtcGetProgramLogSize, nvrtcResult, \
      (nvrtcProgram program, size_t *bytes)) \
    X(nvrtcGetProgramLog, nvrtcResult, (nvrtcProgram program, char *log)) \
    X(nvrtcGetLoweredName, nvrtcResult, \
      (nvrtcProgram program, const char *expression, const char **name)) \
    X(nvrtcGetCUBINSize, nvrtcResult, (nvrtcProgram program, size_t *bytes)) \
    X(nvrtcGetCUBIN, nvrtcResult, (nvrtcProgram program, char *cubin))
/* clang-format on */

struct mk__nvrtc {
/* A declaration has no room for more parentheses.
 * NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define MK__FIELD(name, type, parameters) type(*name) parameters;
    MK__NVRTC_FUNCTIONS(MK__FIELD)
#undef MK__FIELD
};

#define MK__NVRTC_WHY 512

/* Opens libnvrtc.so (of CUDA 13 or 12, the toolkit's where the loader finds
 * none), or what MULTIKERNEL_LIBNVRTC names, for good. False: `why` says what is
 * missing and what to do. */
bool mk__nvrtc_open(struct mk__nvrtc *nvrtc, char why[MK__NVRTC_WHY]);

#endif
