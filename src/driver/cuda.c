#include "driver/cuda.h"

#include <stdio.h>

#include "driver/open.h"

static const struct mk__wanted wanted[] = {
#define MK__WANTED(name, symbol, parameters)                                   \
    { symbol, offsetof(struct mk__cuda, name), false },
    MK__CUDA_FUNCTIONS(MK__WANTED)
#undef MK__WANTED
#define MK__OPTIONAL(name, symbol, parameters)                                 \
    { symbol, offsetof(struct mk__cuda, name), true },
        MK__CUDA_OPTIONAL(MK__OPTIONAL)
#undef MK__OPTIONAL
};

bool mk__cuda_open(struct mk__cuda *cuda, CUresult *result,
                   char why[MK__CUDA_WHY])
{
    static const char *const names[] = { "libcuda.so.1", NULL };
    char detail[MK__CUDA_WHY / 2] = "";
    const char *text = NULL;

    *result = CUDA_SUCCESS;
    if (!mk__open(cuda, wanted, sizeof(wanted) / sizeof(wanted[0]),
                  "MULTIKERNEL_LIBCUDA", names, detail, sizeof(detail))) {
        snprintf(why, MK__CUDA_WHY,
                 "no NVIDIA driver: %s; install the driver (535 or later), or "
                 "name its libcuda.so.1 in MULTIKERNEL_LIBCUDA",
                 detail);
        return false;
    }
    *result = cuda->cuInit(0);
    if (*result == CUDA_SUCCESS)
        return true;
    (void)cuda->cuGetErrorString(*result, &text);
    snprintf(
        why, MK__CUDA_WHY,
        "NVIDIA's driver does not start: cuInit: %s (%d); nvidia-smi tells "
        "whether it sees a GPU",
        text != NULL ? text : "unknown error", (int)*result);
    return false;
}
