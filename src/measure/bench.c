#include "measure/bench.h"

#include <math.h>

#include "base/clock.h"
#include "base/error.h"

static double now(const struct mk__subject *subject)
{
    return subject->now != NULL ? subject->now(subject->context)
                                : (double)mk__now_ns();
}

bool mk__bench_on(const struct mk__subject *subject, struct mk__race *race,
                  double most_ns)
{
    double start = now(subject);
    double last = start;
    struct mk__step step;

    while (mk__race_next(race, &step)) {
        double ns, moment;
        int status;

        if (most_ns > 0 && last - start >= most_ns)
            return false;
        if (subject->progress != NULL)
            subject->progress(subject->context, step.candidate,
                              fmin(mk__race_spent(race), 1));
        status = subject->sample(subject->context, &step, &ns);
        moment = now(subject);
        if (status == MK_OK)
            mk__race_take(race, ns, moment - last);
        else
            mk__race_fail(race);
        last = moment;
    }
    return true;
}

int mk__bench(const struct mk__subject *subject, size_t count,
              const struct mk__rules *rules, struct mk__timed *timed,
              size_t *pick, size_t *fastest)
{
    struct mk__race *race = mk__race_start(count, rules);
    int status;

    *pick = count;
    *fastest = count;
    if (race == NULL)
        return MK_ERROR_NO_MEMORY;
    (void)mk__bench_on(subject, race, 0);
    status = mk__race_result(race, timed, pick, fastest);
    mk__race_free(race);
    return status;
}
