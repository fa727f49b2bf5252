#include "measure/replay.h"

#include <string.h>

#include "measure/stats.h"
#include "measure/trial.h"

/* So often in one recording of its own: one alone is too short to be timed. */
enum {
    betweens = 8
};

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

static int play(const struct script *script, mk_recording *recording,
                mk_stream stream)
{
    const mk_device *device = script->trials->clones->device;
    const struct mk__trial *trial = script->trial;
    int status = MK_OK;

    /* What the candidate before it left in the caches is gone after one. */
    if (trial != NULL && !script->one_by_one)
        status = mk__kernel_launch(trial->kernel, trial->argv, stream);
    if (status == MK_OK)
        status = broken(script->trials, device->record_mark(device, recording));
    for (size_t i = 0; i < script->launches && status == MK_OK; ++i) {
        if (script->one_by_one)
            status = mk__trials_set_up(script->trials, stream);
        if (status == MK_OK && trial != NULL)
            status = mk__kernel_launch(trial->kernel, trial->argv, stream);
    }
    return status;
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
    status = play(script, recording, stream);
    ended = device->record_end(device, recording);
    if (status == MK_OK)
        status = broken(trials, ended);
    if (status == MK_OK)
        *out = recording;
    else
        device->forget(device, recording);
    return status;
}

/* The median time of what happens between launches, timed once a round. */
static int time_between(struct mk__trials *trials, size_t round, double *ns)
{
    const mk_device *device = trials->clones->device;
    struct mk__between *between = &trials->between;
    const struct script script = { trials, NULL, betweens, true };
    double sorted[MK__BETWEENS];
    size_t count;
    int status = MK_OK;

    if (between->recording == NULL)
        status = record(&script, &between->recording);
    if (status == MK_OK && (between->round != round || between->count == 0)) {
        double all = 0;

        status = device->replay(device, between->recording, &all);
        if (status == MK_OK)
            between->ns[between->count++ % MK__BETWEENS] = all / betweens;
        between->round = round;
    }
    if (status != MK_OK)
        return status;
    count = between->count < MK__BETWEENS ? between->count : MK__BETWEENS;
    memcpy(sorted, between->ns, count * sizeof(*sorted));
    *ns = mk__locate(sorted, count).median;
    return MK_OK;
}

int mk__replay_sample(struct mk__trials *trials, struct mk__trial *trial,
                      size_t launches, size_t round, bool one_by_one,
                      double *ns)
{
    const mk_device *device = trials->clones->device;
    const struct script script = { trials, trial, launches, one_by_one };
    double between = 0;
    int status = MK_OK;

    if (one_by_one)
        status = time_between(trials, round, &between);
    if (trial->recorded != launches && trial->recording != NULL) {
        device->forget(device, trial->recording);
        trial->recording = NULL;
    }
    if (status == MK_OK && trial->recording == NULL)
        status = record(&script, &trial->recording);
    if (status != MK_OK)
        return status;
    trial->recorded = launches;
    status = device->replay(device, trial->recording, ns);
    *ns -= between * (double)launches;
    /* What is too short to see still takes time: ratios need it positive. */
    if (*ns < 1)
        *ns = 1;
    return status;
}

void mk__replay_end(struct mk__trials *trials, size_t count)
{
    const mk_device *device = trials->clones->device;

    if (trials->between.recording != NULL)
        device->forget(device, trials->between.recording);
    trials->between.recording = NULL;
    for (size_t i = 0; i < count; ++i) {
        if (trials->trials[i].recording != NULL)
            device->forget(device, trials->trials[i].recording);
        trials->trials[i].recording = NULL;
    }
}
