/* What driver/nvrtc.h declares anew is what NVIDIA's nvrtc.h says. Compiled, not
 * run, where the CUDA toolkit is. */
#include <nvrtc.h>

#include "driver/nvrtc.h"

#define SAME_TYPE(name, type, parameters)                                      \
    _Static_assert(                                                            \
        __builtin_types_compatible_p(__typeof__(name), type parameters),       \
        #name);
MK__NVRTC_FUNCTIONS(SAME_TYPE)

#define SAME_VALUE(name, value) _Static_assert((name) == (value), #name);
MK__NVRTC_RESULTS(SAME_VALUE)
