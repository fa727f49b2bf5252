/* The back ends of this library and the devices they share. */
#ifndef MULTIKERNEL_BACKEND_BACKENDS_H
#define MULTIKERNEL_BACKEND_BACKENDS_H

#include <multikernel/backend.h>

extern const mk_device mk__device_cpu;

extern const mk_backend mk__backend_native;
extern const mk_backend mk__backend_object;
extern const mk_backend mk__backend_source;
extern const mk_backend mk__backend_cuda;

#endif
