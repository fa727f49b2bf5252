/* What driver/cuda.h declares anew is what NVIDIA's cuda.h says. Compiled, not
 * run, where the CUDA toolkit is. */
#include <cuda.h>

#include "driver/cuda.h"

/* cuda.h gives some functions other names (cuMemAlloc is cuMemAlloc_v2), which
 * happens to `name` here as it does everywhere. */
#define SAME_TYPE(name, symbol, parameters)                                    \
    _Static_assert(                                                            \
        __builtin_types_compatible_p(__typeof__(name), CUresult parameters),   \
        symbol);
MK__CUDA_FUNCTIONS(SAME_TYPE)
MK__CUDA_OPTIONAL(SAME_TYPE)

#define SAME_VALUE(name, value) _Static_assert((name) == (value), #name);
MK__CUDA_CONSTANTS(SAME_VALUE)
MK__CUDA_RESULTS(SAME_VALUE)

/* What stands in for an enum is as large, and passed as it is. */
_Static_assert(sizeof(CUdevice_attribute) == sizeof(unsigned) &&
                   sizeof(CUfunction_attribute) == sizeof(unsigned) &&
                   sizeof(CUjit_option) == sizeof(unsigned) &&
                   sizeof(CUstreamCaptureMode) == sizeof(unsigned) &&
                   sizeof(CUstreamCaptureStatus) == sizeof(unsigned) &&
                   sizeof(CUlaunchAttributeID) == sizeof(unsigned),
               "enums");
_Static_assert(sizeof(CUdevice) == sizeof(int) &&
                   sizeof(CUdeviceptr) == sizeof(unsigned long long),
               "handles");
