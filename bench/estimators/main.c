/* Which estimator of a kernel's time makes the best picks. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "estimators/estimators.h"
#include "support/fail.h"
#include "support/folder.h"
#include "support/machine.h"
#include "support/options.h"

static const char about[] =
    "Which estimator of a kernel's time makes the best picks. --record DIR adds a\n"
    "session to the traces in DIR: raw samples of every variant of every example\n"
    "kernel at six shapes, on new arguments, in interleaved rounds; run it as often\n"
    "as there are to be sessions. --replay DIR has every estimator pick from each\n"
    "session as if that were a tuning, and compares the picks with the truth, which\n"
    "is all sessions together.\n";

int main(int argc, char **argv)
{
    struct recording recording = { NULL, BENCH_EXAMPLES, NULL, 400, 0 };
    const char *traces = NULL, *cache = NULL;
    size_t sessions = 1, seed = 0;
    double margin = 0.01;
    bool noise = false;
    char *folder = NULL;
    const struct bench_option options[] = {
        { "record", BENCH_TEXT, &recording.folder, "folder of traces" },
        { "replay", BENCH_TEXT, &traces, "folder of traces" },
        { "sessions", BENCH_COUNT, &sessions, "to record" },
        { "session-ms", BENCH_NUMBER, &recording.session_ms, "of one case" },
        { "only", BENCH_TEXT, &recording.only, "this kernel alone" },
        { "margin", BENCH_NUMBER, &margin, "of a tie, in a replay" },
        { "noise", BENCH_FLAG, &noise, "with a noisy neighbour" },
        { "seed", BENCH_COUNT, &seed, "of data and orders; 0: the time" },
        { "examples", BENCH_TEXT, &recording.examples,
          "folder of definitions" },
        { "cache", BENCH_TEXT, &cache, "folder for compiled objects, kept" },
        { NULL, BENCH_FLAG, NULL, NULL },
    };

    bench_options(argc, argv, about, options);
    if ((recording.folder == NULL) == (traces == NULL))
        bench_fail("one of --record DIR and --replay DIR is needed");
    if (traces != NULL) {
        replay(traces, margin);
        return 0;
    }
    recording.seed = seed != 0 ? seed : (size_t)mk__now_ns();
    if (cache == NULL)
        folder = bench_folder_create("bench_estimators");
    bench_use_folder(cache != NULL ? cache : folder);
    if (noise)
        noise_start();
    for (size_t s = 0; s < sessions; ++s)
        record(&recording);
    noise_stop();
    if (folder != NULL)
        bench_folder_remove(folder);
    return 0;
}
