#include "support/fake_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/dir.h"
#include "store/record.h"

static const char *const names[FAKE_BED_KERNELS] = { "a", "b", "c", "d",
                                                     "e", "f", "g", "h" };

/* y = 10 x + id */
static void scale(struct fake_kernel *kernel, void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];
    int64_t n = *(int64_t *)argv[2];

    for (int64_t i = 0; i < n; ++i)
        y[i] = 10 * x[i] + kernel->id;
}

DLTensor fake_bed_tensor(int32_t *data, int64_t *shape, int64_t n)
{
    *shape = n;
    return (DLTensor){
        .data = data,
        .device = fake_device.device,
        .ndim = 1,
        .dtype = MK_INT32,
        .shape = shape,
    };
}

void fake_bed_init(struct fake_bed *bed, const double *ns, size_t count)
{
    static const mk_param params[3] = {
        { "x", MK_INT32, 1, MK_IN, 0 },
        { "y", MK_INT32, 1, MK_OUT, 0 },
        { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    };

    memset(bed, 0, sizeof(*bed));
    bed->count = count;
    bed->backend = &fake_backend;
    for (size_t k = 0; k < count; ++k) {
        bed->code[k].code = names[k];
        bed->code[k].ns = ns[k];
        bed->code[k].effect = scale;
        bed->code[k].id = (int32_t)k;
        bed->code[k].seed = k;
        bed->code[k].fail_from = FAKE_NEVER;
        bed->kernel_options[k].struct_size = sizeof(mk_kernel_options);
    }
    memcpy(bed->params, params, sizeof(params));
    bed->signature = (mk_signature){ bed->params, 3 };
    bed->options.struct_size = sizeof(bed->options);
    bed->options.budget_ms = 60e3;
    bed->options.verify = MK_SWITCH_OFF; /* no two write the same */
    for (int32_t i = 0; i < FAKE_BED_N; ++i)
        bed->x[i] = i + 1;
    bed->x_tensor = fake_bed_tensor(bed->x, bed->shape, FAKE_BED_N);
    bed->y_tensor = fake_bed_tensor(bed->y, bed->shape, FAKE_BED_N);
    bed->args[0] = mk_tensor(&bed->x_tensor);
    bed->args[1] = mk_tensor(&bed->y_tensor);
    bed->args[2] = mk_i64(FAKE_BED_N);
}

static void forget(struct fake_kernel *kernel)
{
    atomic_store(&kernel->launches, 0);
    atomic_store(&kernel->benchmarks, 0);
    atomic_store(&kernel->measured, 0);
    atomic_store(&kernel->loads, 0);
    atomic_store(&kernel->identifies, 0);
    atomic_store(&kernel->destroys, 0);
}

void fake_bed_open(struct fake_bed *bed)
{
    for (size_t k = 0; k < bed->count; ++k) {
        forget(&bed->code[k]);
        assert_int_equal(
            mk_kernel_create(&bed->kernels[k], bed->backend, &bed->signature,
                             names[k], &bed->code[k], &bed->kernel_options[k]),
            MK_OK);
    }
    assert_int_equal(
        mk_multi_create(&bed->multi, bed->kernels, bed->count, &bed->options),
        MK_OK);
}

void fake_bed_close(struct fake_bed *bed)
{
    mk_multi_destroy(bed->multi);
    bed->multi = NULL;
    for (size_t k = 0; k < bed->count; ++k) {
        mk_kernel_destroy(bed->kernels[k]);
        bed->kernels[k] = NULL;
        assert_int_equal(atomic_load(&bed->code[k].destroys), 1);
    }
}

void fake_bed_reopen(struct fake_bed *bed)
{
    fake_bed_close(bed);
    fake_bed_open(bed);
}

/* ---- Calls -------------------------------------------------------------------- */

size_t fake_bed_ran(const struct fake_bed *bed)
{
    int32_t id = bed->y[0] - 10 * bed->x[0];

    for (size_t i = 0; i < FAKE_BED_N; ++i)
        assert_int_equal(bed->y[i], 10 * bed->x[i] + id);
    assert_in_range(id, 0, bed->count - 1);
    return (size_t)id;
}

int fake_bed_call(struct fake_bed *bed)
{
    return mk_run(bed->multi, bed->args, bed->signature.count,
                  MK_DEFAULT_STREAM);
}

size_t fake_bed_run(struct fake_bed *bed)
{
    memset(bed->y, 0xff, sizeof(bed->y));
    if (fake_bed_call(bed) != MK_OK)
        fail_msg("mk_run: %s", mk_last_error()->message);
    return fake_bed_ran(bed);
}

size_t fake_bed_tune(struct fake_bed *bed)
{
    if (mk_tune(bed->multi, bed->args, bed->signature.count,
                MK_DEFAULT_STREAM) != MK_OK)
        fail_msg("mk_tune: %s", mk_last_error()->message);
    return fake_bed_pick(bed);
}

size_t fake_bed_benchmarks(const struct fake_bed *bed)
{
    size_t sum = 0;

    for (size_t k = 0; k < bed->count; ++k)
        sum += atomic_load(&bed->code[k].benchmarks);
    return sum;
}

/* ---- Reports ------------------------------------------------------------------- */

static mk_report *get_report(struct fake_bed *bed)
{
    mk_report *report;

    assert_int_equal(mk_multi_report(bed->multi, &report), MK_OK);
    return report;
}

size_t fake_bed_pick(struct fake_bed *bed)
{
    mk_report *report = get_report(bed);
    size_t pick = report->pick;

    mk_report_destroy(report);
    return pick;
}

mk_origin fake_bed_origin(struct fake_bed *bed)
{
    mk_report *report = get_report(bed);
    mk_origin from = report->from;

    mk_report_destroy(report);
    return from;
}

mk_fate fake_bed_fate(struct fake_bed *bed, size_t k)
{
    mk_report *report = get_report(bed);
    mk_fate fate = report->candidates[k].fate;

    mk_report_destroy(report);
    return fate;
}

size_t fake_bed_samples(struct fake_bed *bed, size_t k)
{
    mk_report *report = get_report(bed);
    size_t samples = report->candidates[k].samples;

    mk_report_destroy(report);
    return samples;
}

void fake_bed_reason(struct fake_bed *bed, char reason[256])
{
    mk_report *report = get_report(bed);

    snprintf(reason, 256, "%s", report->reason);
    mk_report_destroy(report);
}

void fake_bed_key(struct fake_bed *bed, char key[MK_DIGEST_SIZE])
{
    mk_report *report = get_report(bed);

    snprintf(key, MK_DIGEST_SIZE, "%s", report->key);
    mk_report_destroy(report);
}

void fake_bed_file(struct fake_bed *bed, char path[4096])
{
    mk_report *report = get_report(bed);

    snprintf(path, 4096, "%s", report->file);
    mk_report_destroy(report);
}

void fake_bed_store(const char *key, size_t pick)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick stored;
    char *file;

    assert_int_equal(mk__store_find(&arena, key, mk__record_read, &stored),
                     MK_OK);
    stored.pick = pick;
    assert_int_equal(mk__store_put(&stored, &file), MK_OK);
    free(file);
    mk__arena_free(&arena);
}
