/* pair_main.c: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
 * What is changed here is lost when it is emitted anew. */
#ifndef _POSIX_C_SOURCE
#    define _POSIX_C_SOURCE 200809L /* clock_gettime */
#endif

#include "pair.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <multikernel/record.h>

/* ---- Data ---------------------------------------------------------------- */

static uint64_t state; /* of the random numbers */

/* SplitMix64 (Steele, Lea and Flood 2014) */
static uint64_t draw(void)
{
    uint64_t z;

    state += 0x9e3779b97f4a7c15U;
    z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

/* From -1 up to 1. */
static double uniform(void)
{
    return (double)(draw() >> 11) / 4503599627370496.0 - 1;
}

/* Zeros, on a multiple of 64 bytes. */
static void *allocate(int64_t size, int64_t count)
{
    void *memory = NULL;
    size_t bytes = 0;

    if (count < PTRDIFF_MAX / size - 63) {
        bytes = ((size_t)(size * count) + 63) / 64 * 64;
        memory = aligned_alloc(64, bytes);
    }
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return memset(memory, 0, bytes);
}

static void fill_f32(float *to, int64_t count)
{
    for (int64_t i = 0; i < count; ++i)
        to[i] = (float)uniform();
}

static double sum_f32(const float *of, int64_t count)
{
    double sum = 0;

    for (int64_t i = 0; i < count; ++i)
        sum += (double)of[i];
    return sum;
}

/* The checksum is FNV-1a, of 64 bits. */
static void print_tensor(const char *name, const void *data, int64_t bytes,
                         double sum)
{
    const unsigned char *next = (const unsigned char *)data;
    uint64_t hash = 0xcbf29ce484222325U;

    for (int64_t i = 0; i < bytes; ++i)
        hash = (hash ^ next[i]) * 0x100000001b3U;
    printf("%s checksum %016llx sum %.6g\n", name, (unsigned long long)hash,
           sum);
}

/* What a run is handed. */
struct call {
    float *a;
    float scale;
    float *out;
};

static void prepare(struct call *main_call)
{
    main_call->a = (float *)allocate(4, 1024);
    fill_f32(main_call->a, 1024);
    main_call->out = (float *)allocate(4, 1024);
}

static int run(struct pair *self, const struct call *call)
{
    return pair_run(self, call->a, call->scale, call->out, NULL);
}

static void print(const struct call *main_call)
{
    print_tensor("out", main_call->out, 4 * (1024),
                 sum_f32(main_call->out, 1024));
}

static void release(struct call *call)
{
    free(call->a);
    free(call->out);
}

/* ---- Options ------------------------------------------------------------- */

static int usage(void)
{
    fputs("usage: pair_main [OPTION VALUE]...\n", stdout);
    fputs("Runs pair once on random data, then times it.\n", stdout);
    fputs("  --scale X  the scalar, else a random one\n", stdout);
    fputs("  --seed N  of the data, else 0\n", stdout);
    fputs("  --runs N  samples to time, else 21; 0: none\n", stdout);
    fputs("  --record FILE  where to write what was chosen\n", stdout);
    fputs("  --help\n", stdout);
    return 0;
}

static int wrong(const char *option, const char *problem)
{
    fprintf(stderr, "option %s %s; --help lists all\n", option, problem);
    return 2;
}

static int64_t integer(const char *option, const char *text, int64_t least,
                       int64_t most)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < least ||
        number > most) {
        fprintf(stderr, "%s: expected an integer from %lld to %lld, got '%s'\n",
                option, (long long)least, (long long)most, text);
        exit(2);
    }
    return number;
}

/* The number that is given, else a random one. */
static double scalar(const char *option, const char *text, bool whole)
{
    char *end;
    double number;

    if (text == NULL)
        return whole ? (double)(1 + draw() % 100) : uniform();
    number = strtod(text, &end);
    if (end == text || *end != '\0') {
        fprintf(stderr, "%s: expected a number, got '%s'\n", option, text);
        exit(2);
    }
    return number;
}

/* ---- Recording --------------------------------------------------------- */

static bool fine(int status)
{
    if (status != MK_OK)
        fprintf(stderr, "%s\n", mk_last_error()->message);
    return status == MK_OK;
}

static bool begin(mk_choices **choices)
{
    return fine(mk_choices_create(choices)) && fine(mk_record_begin(*choices));
}

/* Writes what was chosen, unless the run failed. */
static bool end(mk_choices *choices, const char *path, bool ran)
{
    bool done = fine(mk_record_end());

    if (done && ran)
        done = fine(mk_choices_save(choices, path));
    mk_choices_destroy(choices);
    return done;
}

/* ---- Timing -------------------------------------------------------------- */

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    const double *one = (const double *)a;
    const double *other = (const double *)b;

    return (*one > *other) - (*one < *other);
}

/* The time of one run, out of `repeats`. */
static int sample(struct pair *self, const struct call *call, int64_t repeats,
                  double *us)
{
    double start = now_us();
    int status = 0;

    for (int64_t i = 0; i < repeats && status == 0; ++i)
        status = run(self, call);
    *us = (now_us() - start) / (double)repeats;
    return status;
}

/* Every sample takes a millisecond at least. */
static int measure(struct pair *self, const struct call *call, int64_t runs)
{
    double *us = (double *)allocate(sizeof(double), runs + 1);
    int64_t repeats = 1;
    int status = 0;

    if (runs > 0)
        status = sample(self, call, 1, us);
    while (runs > 0 && status == 0 && repeats < 1000000) {
        status = sample(self, call, repeats, us);
        if (us[0] * (double)repeats >= 1000)
            break;
        repeats *= 2;
    }
    for (int64_t i = 0; i < runs && status == 0; ++i)
        status = sample(self, call, repeats, &us[i]);
    if (runs > 0 && status == 0) {
        qsort(us, (size_t)runs, sizeof(*us), compare);
        printf("time per run: %.4g us (median of %lld, %.4g to %.4g)\n",
               us[runs / 2], (long long)runs, us[0], us[runs - 1]);
    }
    free(us);
    return status;
}

int main(int argc, char **argv)
{
    struct pair *self = NULL;
    struct call call;
    const char *given[1];
    const char *record = NULL;
    mk_choices *choices = NULL;
    uint64_t seed = 0;
    int64_t runs = 21;
    int status;

    memset(&call, 0, sizeof(call));
    memset(given, 0, sizeof(given));
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0)
            return usage();
        if (i + 1 == argc)
            return wrong(argv[i], "needs a value");
        if (strcmp(argv[i], "--scale") == 0)
            given[0] = argv[i + 1];
        else if (strcmp(argv[i], "--seed") == 0)
            seed = (uint64_t)integer(argv[i], argv[i + 1], 0, INT64_MAX);
        else if (strcmp(argv[i], "--runs") == 0)
            runs = integer(argv[i], argv[i + 1], 0, 1000000);
        else if (strcmp(argv[i], "--record") == 0)
            record = argv[i + 1];
        else
            return wrong(argv[i], "is unknown");
    }
    state = seed;
    call.scale = (float)scalar("--scale", given[0], false);
    prepare(&call);
    if (record != NULL && !begin(&choices))
        return 1;
    status = pair_init(&self);
    if (status == 0)
        status = run(self, &call);
    if (record != NULL && !end(choices, record, status == 0))
        return 1;
    if (status == 0) {
        print(&call);
        status = measure(self, &call, runs);
    }
    if (status != 0)
        fprintf(stderr, "%s\n", pair_error(self));
    pair_destroy(self);
    release(&call);
    return status;
}
