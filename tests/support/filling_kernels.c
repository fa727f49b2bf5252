#include "support/filling_kernels.h"

#include <stdlib.h>

#include "backend/fake_compiler.h"

/* ---- The kernels --------------------------------------------------------- */

struct filling filling;

static void fill(size_t k, float *y, int64_t n)
{
    atomic_fetch_add(&filling.runs[k], 1);
    for (int64_t i = 0; i < n; ++i)
        y[i] = (float)(k + 1);
}

static void fill_1(float *y, int64_t n)
{
    fill(0, y, n);
}

static void fill_2(float *y, int64_t n)
{
    fill(1, y, n);
}

static void fill_3(float *y, int64_t n)
{
    fill(2, y, n);
}

MK_NATIVE_ENTRY(entry_1, fill_1, float *, int64_t)
MK_NATIVE_ENTRY(entry_2, fill_2, float *, int64_t)
MK_NATIVE_ENTRY(entry_3, fill_3, float *, int64_t)

const char *const filling_names[FILLING_KERNELS] = { "first", "second",
                                                     "third" };
const mk_native filling_entries[FILLING_KERNELS] = { entry_1, entry_2,
                                                     entry_3 };

/* ---- Before and after ---------------------------------------------------- */

void filling_reset(void)
{
    for (size_t k = 0; k < FILLING_KERNELS; ++k) {
        filling.kernels[k] = NULL;
        atomic_store(&filling.runs[k], 0);
    }
    setenv("MULTIKERNEL_TUNE_BUDGET_MS", "1", 1);
    setenv("MULTIKERNEL_VERIFY", "0", 1); /* no two write the same */
}

void filling_destroy(void)
{
    for (size_t k = 0; k < FILLING_KERNELS; ++k) {
        mk_kernel_destroy(filling.kernels[k]);
        filling.kernels[k] = NULL;
    }
}

/* ---- Making and calling -------------------------------------------------- */

void filling_make(size_t k, const mk_kernel_options *options)
{
    assert_ok(mk_kernel_native(&filling.kernels[k], &fill_signature,
                               filling_names[k], filling_entries[k], options));
}

void filling_make_all(void)
{
    for (size_t k = 0; k < FILLING_KERNELS; ++k)
        filling_make(k, NULL);
}

mk_multi *filling_multi(size_t count, const mk_multi_options *options)
{
    mk_multi *multi;

    assert_ok(mk_multi_create(&multi, filling.kernels, count, options));
    return multi;
}

int filling_call(mk_multi *multi, float *ran)
{
    float data[4] = { 0 };
    DLTensor y = TENSOR(MK_FLOAT32, data, 4);
    const mk_arg args[] = { mk_tensor(&y), mk_i64(4) };
    int status = mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM);

    *ran = data[3];
    return status;
}

mk_report *filling_report(mk_multi *multi)
{
    mk_report *report;

    assert_ok(mk_multi_report(multi, &report));
    return report;
}
