#include "support/timed_kernels.h"

#include <stdlib.h>
#include <string.h>

#include "base/folder.h"

#include "backend/backends.h"

/* ---- The back end -------------------------------------------------------- */

static void see(struct timed_code *own, void *const *argv)
{
    own->x = *(void *const *)argv[0];
    own->y = *(void *const *)argv[1];
    if (own->alignment > 0 && (uintptr_t)own->x % own->alignment != 0)
        own->misaligned += 1;
}

static int identify(void *code, char digest[MK_DIGEST_SIZE])
{
    memset(digest, '0' + (int)((struct timed_code *)code)->id,
           MK_DIGEST_SIZE - 1);
    digest[MK_DIGEST_SIZE - 1] = '\0';
    return MK_OK;
}

static int load(void *code, mk_native *entry)
{
    (void)code;
    (void)entry;
    return MK_OK;
}

static int launch(void *code, void *const *argv, mk_stream stream)
{
    struct timed_code *own = code;

    see(own, argv);
    **(float *const *)argv[1] = own->id;
    own->launches += 1;
    own->stream = stream;
    return MK_OK;
}

static int measure(void *code, void *const *argv, size_t repetitions,
                   mk_stream stream, double *ns)
{
    struct timed_code *own = code;

    (void)stream;
    see(own, argv);
    own->measured += 1;
    *ns = own->ns * (double)repetitions;
    return MK_OK;
}

static void destroy(void *code)
{
    (void)code;
}

const mk_backend timed_backend = {
    .struct_size = sizeof(mk_backend),
    .name = "timed",
    .device = &mk__device_cpu,
    .identify = identify,
    .load = load,
    .launch = launch,
    .measure = measure,
    .destroy = destroy,
};

/* ---- Before and after ---------------------------------------------------- */

const char *const timed_names[TIMED_KERNELS] = { "wide", "plain", "slow" };
const mk_param timed_params[3] = { PARAM_IN("x", 1), PARAM_OUT("y", 1),
                                   PARAM_SIZE("n") };
const mk_signature timed_signature = SIGNATURE(timed_params);

struct timed timed;

int timed_setup(void **state)
{
    memset(&timed, 0, sizeof(timed));
    for (size_t k = 0; k < TIMED_KERNELS; ++k) {
        timed.code[k].id = (float)(k + 1);
        timed.code[k].ns = 1000.0 * (double)(k + 1);
        timed.options[k] = (mk_kernel_options)MK_KERNEL_OPTIONS_INIT;
    }
    timed.n = timed.shape[0] = 16;
    timed.x = (DLTensor)TENSOR(MK_FLOAT32, timed.x_data, 16);
    timed.y = (DLTensor)TENSOR(MK_FLOAT32, timed.y_data, 16);
    timed.x.shape = timed.y.shape = timed.shape;
    setenv("MULTIKERNEL_VERIFY", "0", 1); /* no two write the same */
    return folder_make(state);
}

int timed_teardown(void **state)
{
    timed_close();
    return folder_remove(state);
}

size_t timed_files(const char *ending)
{
    return count_files(ending);
}

void timed_open(size_t count, const mk_multi_options *options)
{
    timed_close();
    for (size_t k = 0; k < count; ++k) {
        timed.code[k].launches = timed.code[k].measured = 0;
        assert_ok(mk_kernel_create(&timed.kernels[k], &timed_backend,
                                   &timed_signature, timed_names[k],
                                   &timed.code[k], &timed.options[k]));
    }
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, count, options));
}

void timed_close(void)
{
    mk_multi_destroy(timed.multi);
    timed.multi = NULL;
    for (size_t k = 0; k < TIMED_KERNELS; ++k) {
        mk_kernel_destroy(timed.kernels[k]);
        timed.kernels[k] = NULL;
    }
}

/* ---- Calls --------------------------------------------------------------- */

int timed_call(mk_stream stream)
{
    const mk_arg args[] = { mk_tensor(&timed.x), mk_tensor(&timed.y),
                            mk_i64(timed.n) };

    return mk_run(timed.multi, args, COUNT(args), stream);
}

int timed_run(void)
{
    timed.y_data[0] = 0;
    assert_ok(timed_call(MK_DEFAULT_STREAM));
    return (int)timed.y_data[0];
}

mk_call *timed_bind(void)
{
    const mk_arg args[] = { mk_tensor(&timed.x), mk_tensor(&timed.y),
                            mk_i64(timed.n) };
    mk_call *bound;

    assert_ok(mk_bind(&bound, timed.multi, args, COUNT(args)));
    return bound;
}

int timed_measured(void)
{
    int measured = 0;

    for (size_t k = 0; k < TIMED_KERNELS; ++k)
        measured += timed.code[k].measured;
    return measured;
}
