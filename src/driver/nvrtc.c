#include "driver/nvrtc.h"

#include <stdio.h>

#include "driver/open.h"

static const struct mk__wanted wanted[] = {
#define MK__WANTED(name, type, parameters)                                     \
    { #name, offsetof(struct mk__nvrtc, name), false },
    MK__NVRTC_FUNCTIONS(MK__WANTED)
#undef MK__WANTED
};

bool mk__nvrtc_open(struct mk__nvrtc *nvrtc, char why[MK__NVRTC_WHY])
{
    static const char *const names[] = {
        "libnvrtc.so.13",
        "libnvrtc.so.12",
        "libnvrtc.so",
        "/usr/local/cuda/lib64/libnvrtc.so",
        NULL,
    };
    char detail[MK__NVRTC_WHY / 2] = "";

    if (mk__open(nvrtc, wanted, sizeof(wanted) / sizeof(wanted[0]),
                 "MULTIKERNEL_LIBNVRTC", names, detail, sizeof(detail)))
        return true;
    snprintf(why, MK__NVRTC_WHY,
             "CUDA source needs NVRTC: %s; install the CUDA toolkit's "
             "libnvrtc, or name it in MULTIKERNEL_LIBNVRTC",
             detail);
    return false;
}
