#include "gpu/gpu.h"

#include <math.h>
#include <stdlib.h>

#include "support/fail.h"

void picks_take(struct picks *picks, const struct subject *subject,
                enum state state, size_t repeats, bool verify)
{
    picks->repeats = repeats;
    for (size_t r = 0; r < repeats; ++r) {
        mk_multi *multi = subject_multi(subject, state, r + 1, verify);
        mk_report *report;

        bench_check(mk_tune(multi, subject->args, subject->arg_count,
                            MK_DEFAULT_STREAM),
                    subject->path);
        bench_check(mk_multi_report(multi, &report), subject->path);
        picks->pick[r] = report->pick;
        picks->ms[r] = report->tuning_ms;
        mk_report_destroy(report);
        mk_multi_destroy(multi);
    }
}

void worth_add(struct worth *worth, const struct picks *picks,
               const struct truth *truth)
{
    double least = HUGE_VAL;
    double most = 0;
    bool changed = false;

    if (worth->count + picks->repeats > worth->room) {
        worth->room = 2 * (worth->count + picks->repeats);
        worth->regret = realloc(worth->regret, worth->room * sizeof(double));
        worth->ms = realloc(worth->ms, worth->room * sizeof(double));
        if (worth->regret == NULL || worth->ms == NULL)
            bench_fail("out of memory");
    }
    for (size_t r = 0; r < picks->repeats; ++r) {
        double regret = truth_regret(truth, picks->pick[r]);

        least = fmin(least, regret);
        most = fmax(most, regret);
        changed = changed || picks->pick[r] != picks->pick[0];
        worth->regret[worth->count] = regret;
        worth->ms[worth->count++] = picks->ms[r];
    }
    worth->subjects += 1;
    worth->changed += changed;
    if (changed)
        worth->worst_flip = fmax(worth->worst_flip, most - least);
}

void worth_end(struct worth *worth)
{
    free(worth->regret);
    free(worth->ms);
}
