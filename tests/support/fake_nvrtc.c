#include "support/fake_nvrtc.h"

#include <dlfcn.h>
#include <stdlib.h>

struct fake_nvrtc *fake_nvrtc_open(void)
{
    void *library = dlopen(FAKE_NVRTC_LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL ||
        setenv("MULTIKERNEL_LIBNVRTC", FAKE_NVRTC_LIBRARY, 1) != 0)
        return NULL;
    return dlsym(library, "fake_nvrtc");
}
