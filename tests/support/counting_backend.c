#include "support/counting_backend.h"

#include <string.h>

#include "backend/backends.h"

struct counting counting;

static void nothing(void *const *argv)
{
    (void)argv;
}

int counting_reset(void **state)
{
    (void)state;
    memset(&counting, 0, sizeof(counting));
    counting.entry = nothing;
    return 0;
}

/* ---- The back ends ------------------------------------------------------- */

static int identify(void *code, char digest[MK_DIGEST_SIZE])
{
    counting.identified += 1;
    memset(digest, *(const char *)code, MK_DIGEST_SIZE - 1);
    digest[MK_DIGEST_SIZE - 1] = '\0';
    return MK_OK;
}

static int identify_not(void *code, char digest[MK_DIGEST_SIZE])
{
    (void)code;
    (void)digest;
    counting.identified += 1;
    return mk_fail(MK_ERROR_IO, "counting", 5, NULL, "no identity today");
}

static int load(void *code, mk_native *entry)
{
    (void)code;
    counting.loaded += 1;
    if (counting.load_status != MK_OK)
        return mk_fail(MK_ERROR_COMPILE, "counting", 3, "all the log",
                       "it does not build");
    *entry = counting.entry;
    return MK_OK;
}

static void destroy(void *code)
{
    (void)code;
    counting.destroyed += 1;
}

const mk_backend counting_backend = {
    .struct_size = sizeof(mk_backend),
    .name = "counting",
    .device = &mk__device_cpu,
    .identify = identify,
    .load = load,
    .destroy = destroy,
};

const mk_backend counting_nameless = {
    .struct_size = sizeof(mk_backend),
    .name = "nameless",
    .device = &mk__device_cpu,
    .identify = identify_not,
    .load = load,
    .destroy = destroy,
};

/* ---- Kernels ------------------------------------------------------------- */

char counting_code[2] = "a";

static const mk_param params[] = { PARAM_IN("x", 1),
                                   PARAM_OUT("y", 1),
                                   { "ws", MK_FLOAT32, 1, MK_WORKSPACE, 0 },
                                   PARAM_SIZE("n") };

const mk_signature counting_signature = SIGNATURE(params);

mk_kernel *counting_create(const mk_kernel_options *options)
{
    mk_kernel *kernel;

    assert_ok(mk_kernel_create(&kernel, &counting_backend, &counting_signature,
                               "k", counting_code, options));
    return kernel;
}
