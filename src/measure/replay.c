#include "measure/replay.h"

#include <math.h>
#include <string.h>

#include "measure/stats.h"
#include "measure/trial.h"

/* What the candidate before left in the caches, and what the device does first
 * when it was idle, is over after so long, or so many launches. */
#define WARMING_NS 10e3
enum {
    least_warming = 2,
    most_warming = 8
};

/* Where a graph's parts lie is part of a short kernel's time, some tenths of a
 * percent, and another graph's lie elsewhere: so many replays, and a recording
 * is made anew. */
enum {
    most_replays = 3
};

/* ---- How many, and how long ------------------------------------------------------- */

/* What a device times itself is disturbed by little: samples are short, few
 * rounds decide, and there is nothing to wait out. A cold sample has few launches,
 * for a flush takes longer than many a kernel, and is noisier, so that more of
 * them decide (docs/performance.md has the figures). */
void mk__replay_rules(struct mk__rules *rules, mk_cache_state state)
{
    bool cold = state == MK_CACHE_COLD;

    rules->sample_ns = 60e3;
    rules->most_launches = cold ? 8 : 64;
    rules->first_launches = 4;
    rules->alike = true;
    rules->long_ns = 20e3;
    rules->deciding_rounds = cold ? 14 : 12;
    rules->least_ns = -1;
    rules->strict = true;
}

/* ---- Recording ---------------------------------------------------------------------- */

/* What is recorded: launches of a trial, with what must happen before each if it
 * is `one_by_one`; or that alone, without a trial. */
struct script {
    struct mk__trials *trials;
    const struct mk__trial *trial;
    size_t launches;
    bool one_by_one;
};

/* The device failed, and no candidate: none can be timed. */
static int broken(struct mk__trials *trials, int status)
{
    if (trials->broken == MK_OK)
        trials->broken = status;
    return status;
}

static int launch(const struct script *script, mk_stream stream)
{
    const struct mk__trial *trial = script->trial;

    return trial != NULL ? mk__kernel_launch(trial->kernel, trial->argv, stream)
                         : MK_OK;
}

static int mark(const struct script *script, mk_recording *recording, bool on)
{
    const mk_device *device = script->trials->clones->device;

    return broken(script->trials, device->record_mark(device, recording, on));
}

/* A part for each launch, and nothing of what happens between them in any. */
static int play_one_by_one(const struct script *script, mk_recording *recording,
                           mk_stream stream)
{
    int status = MK_OK;

    for (size_t i = 0; i < script->launches && status == MK_OK; ++i) {
        status = mk__trials_set_up(script->trials, stream);
        if (status == MK_OK)
            status = mark(script, recording, true);
        if (status == MK_OK)
            status = launch(script, stream);
        if (status == MK_OK)
            status = mark(script, recording, false);
    }
    return status;
}

static int play_in_a_row(const struct script *script, mk_recording *recording,
                         mk_stream stream)
{
    double warming = WARMING_NS / fmax(script->trial->last_ns, 1);
    int status = MK_OK;

    warming = fmin(fmax(warming, least_warming), most_warming);
    for (int i = 0; i < (int)warming && status == MK_OK; ++i)
        status = launch(script, stream);
    if (status == MK_OK)
        status = mark(script, recording, true);
    for (size_t i = 0; i < script->launches && status == MK_OK; ++i)
        status = launch(script, stream);
    return status == MK_OK ? mark(script, recording, false) : status;
}

static int record(const struct script *script, mk_recording **out)
{
    struct mk__trials *trials = script->trials;
    const mk_device *device = trials->clones->device;
    mk_recording *recording = NULL;
    mk_stream stream = MK_DEFAULT_STREAM;
    int status = MK_OK;
    int ended;

    *out = NULL;
    /* Replays wait for nothing that was asked of the caller's stream. */
    if (device->synchronize != NULL)
        status = device->synchronize(device, trials->stream);
    if (status == MK_OK)
        status = broken(trials, device->record(device, &recording, &stream));
    if (status != MK_OK)
        return status;
    status = script->one_by_one ? play_one_by_one(script, recording, stream)
                                : play_in_a_row(script, recording, stream);
    ended = device->record_end(device, recording);
    if (status == MK_OK)
        status = broken(trials, ended);
    if (status == MK_OK)
        *out = recording;
    else
        device->forget(device, recording);
    return status;
}

/* What a part takes that has no launch in it: the median, timed in one round of
 * four. */
static int time_between(struct mk__trials *trials, size_t round, double *ns)
{
    const mk_device *device = trials->clones->device;
    struct mk__between *between = &trials->between;
    const struct script script = { trials, NULL, MK_RECORDED_PARTS / 2, true };
    double sorted[MK__BETWEENS];
    size_t count;
    int status = MK_OK;

    if (between->recording == NULL)
        status = record(&script, &between->recording);
    if (status == MK_OK &&
        (between->count == 0 || (between->round != round && round % 4 == 1))) {
        double all = 0;

        status = device->replay(device, between->recording, &all);
        if (status == MK_OK)
            between->ns[between->count++ % MK__BETWEENS] =
                all / (double)script.launches;
        between->round = round;
    }
    if (status != MK_OK)
        return status;
    count = between->count < MK__BETWEENS ? between->count : MK__BETWEENS;
    memcpy(sorted, between->ns, count * sizeof(*sorted));
    *ns = mk__locate(sorted, count).median;
    return MK_OK;
}

static void forget(const mk_device *device, struct mk__trial *trial)
{
    if (trial->recording != NULL)
        device->forget(device, trial->recording);
    trial->recording = NULL;
}

int mk__replay_sample(struct mk__trials *trials, struct mk__trial *trial,
                      size_t launches, size_t round, bool one_by_one,
                      double *ns)
{
    const mk_device *device = trials->clones->device;
    struct script script = { trials, trial, launches, one_by_one };
    double between = 0;
    double all = 0;
    int status = MK_OK;

    if (one_by_one && launches > MK_RECORDED_PARTS)
        script.launches = MK_RECORDED_PARTS;
    /* What a launch does once, the first time, is in no sample. */
    if (trial->last_ns == 0)
        status = mk__kernel_launch(trial->kernel, trial->argv, trials->stream);
    if (status == MK_OK && one_by_one)
        status = time_between(trials, round, &between);
    if (trial->recorded != script.launches || trial->replays == most_replays)
        forget(device, trial);
    if (status == MK_OK && trial->recording == NULL) {
        status = record(&script, &trial->recording);
        trial->recorded = script.launches;
        trial->replays = 0;
    }
    if (status == MK_OK)
        status = device->replay(device, trial->recording, &all);
    trial->replays += 1;
    /* What is too short to see still takes time: ratios need it positive. */
    *ns = fmax(all / (double)script.launches - between, 1) * (double)launches;
    return status;
}

void mk__replay_end(struct mk__trials *trials, size_t count)
{
    const mk_device *device = trials->clones->device;

    if (trials->between.recording != NULL)
        device->forget(device, trials->between.recording);
    trials->between.recording = NULL;
    for (size_t i = 0; i < count; ++i)
        forget(device, &trials->trials[i]);
}
