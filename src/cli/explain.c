/* A stored pick in words: what was tried, how far apart, how sure that is, and
 * by which rule this one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* ---- Who is who ------------------------------------------------------------ */

/* Whether it did something wrong, or could not do anything. */
static bool is_out(const mk_candidate *candidate)
{
    return candidate->fate != MK_FATE_OK &&
           candidate->fate != MK_FATE_DROPPED &&
           candidate->fate != MK_FATE_UNTRIED &&
           candidate->fate != MK_FATE_INELIGIBLE;
}

static size_t count_fate(const mk_stored_pick *pick, mk_fate fate)
{
    size_t count = 0;

    for (size_t i = 0; i < pick->count; ++i)
        count += pick->candidates[i].fate == fate;
    return count;
}

/* The timed one with the lowest time besides `apart_from`, or the count. */
static size_t fastest_but(const mk_stored_pick *pick, size_t apart_from)
{
    size_t best = pick->count;

    for (size_t i = 0; i < pick->count; ++i)
        if (i != apart_from && cli_is_timed(&pick->candidates[i]) &&
            (best == pick->count ||
             pick->candidates[i].time_ns < pick->candidates[best].time_ns))
            best = i;
    return best;
}

static bool overlap(const mk_candidate *a, const mk_candidate *b)
{
    return a->interval_ns[0] <= b->interval_ns[1] &&
           b->interval_ns[0] <= a->interval_ns[1];
}

/* ---- The parts --------------------------------------------------------------- */

/* ", 2 of them may not run here" */
static void tell_count(FILE *out, size_t count, const char *what)
{
    if (count > 0)
        fprintf(out, ", %zu %s", count, what);
}

static void tell_tried(FILE *out, const mk_stored_pick *pick)
{
    size_t out_count = 0;

    for (size_t i = 0; i < pick->count; ++i)
        out_count += is_out(&pick->candidates[i]);
    fprintf(out, "%zu variants: %zu timed to the end", pick->count,
            count_fate(pick, MK_FATE_OK));
    tell_count(out, count_fate(pick, MK_FATE_DROPPED),
               "dropped as soon as they were clearly slower");
    tell_count(out, out_count, "put out");
    tell_count(out, count_fate(pick, MK_FATE_INELIGIBLE), "not eligible");
    tell_count(out, count_fate(pick, MK_FATE_UNTRIED), "not tried");
    if (!pick->explained)
        return;
    fprintf(out, "; timed %s",
            pick->from_calls ? "in the application's own calls"
                             : "side by side, in rounds");
    if (pick->budget_ms > 0 && !pick->from_calls)
        fprintf(out, ", for at most %.0f ms", pick->budget_ms);
}

static void tell_checked(FILE *out, const mk_stored_pick *pick)
{
    if (!pick->explained)
        return;
    if (pick->reference >= pick->count) {
        fprintf(out, "nothing: verification was off");
        return;
    }
    fprintf(out, "what each variant computes, against %s",
            pick->candidates[pick->reference].name);
    if (pick->isolated)
        fprintf(out, ", in its first run, in a process of its own");
}

/* Why, stands below the table. */
static void tell_put_out(FILE *out, const mk_stored_pick *pick)
{
    const char *between = "";

    for (size_t i = 0; i < pick->count; ++i) {
        if (!is_out(&pick->candidates[i]))
            continue;
        fprintf(out, "%s%s (%s)", between, pick->candidates[i].name,
                mk_fate_name(pick->candidates[i].fate));
        between = ", ";
    }
}

/* How far another one is from the pick, and whether that means anything. */
static void tell_distance(FILE *out, const mk_stored_pick *pick, size_t other)
{
    const mk_candidate *picked = &pick->candidates[pick->pick];
    const mk_candidate *next = &pick->candidates[other];
    double ratio = next->ratio / picked->ratio;
    double percent = fabs(ratio - 1) * 100;

    if (ratio >= 1.5)
        fprintf(out, "%s takes %.2f times as long", next->name, ratio);
    else
        fprintf(out, "%s takes %.2f %% %s", next->name, percent,
                ratio >= 1 ? "longer" : "less");
    fprintf(out, "; their intervals %s",
            overlap(picked, next) ? "overlap" : "are apart");
    if (pick->explained && pick->tie_margin > 0)
        fprintf(out, ", and the difference is %s the margin of %.3g %%",
                fabs(ratio - 1) <= pick->tie_margin ? "within" : "beyond",
                pick->tie_margin * 100);
}

static void tell_apart(FILE *out, const mk_stored_pick *pick)
{
    size_t next = fastest_but(pick, pick->pick);

    if (next < pick->count && cli_is_timed(&pick->candidates[pick->pick]))
        tell_distance(out, pick, next);
}

static void tell_sure(FILE *out, const mk_stored_pick *pick)
{
    const mk_candidate *picked = &pick->candidates[pick->pick];
    char time[CLI_TIME_SIZE], low[CLI_TIME_SIZE], high[CLI_TIME_SIZE];

    if (!cli_is_timed(picked))
        return;
    cli_time(time, picked->time_ns);
    if (picked->samples == 1)
        fprintf(out, "%s took %s in its only sample", picked->name, time);
    else
        fprintf(out,
                "%s takes %s; with 99 %% confidence between %s and %s, from "
                "%zu samples",
                picked->name, time, cli_time(low, picked->interval_ns[0]),
                cli_time(high, picked->interval_ns[1]), picked->samples);
}

static void tell_rule(FILE *out, const mk_stored_pick *pick)
{
    if (!pick->explained || fastest_but(pick, pick->pick) == pick->count)
        return;
    fprintf(out, "times within %.3g %% of the fastest are equal; of equals ",
            pick->tie_margin * 100);
    if (pick->incumbent < pick->count)
        fprintf(out, "the pick before (%s) comes first, then ",
                pick->candidates[pick->incumbent].name);
    if (pick->default_index > 0 && pick->default_index < pick->count)
        fprintf(out, "the default (%s)%s, then ",
                pick->candidates[pick->default_index].name,
                pick->incumbent < pick->count ? "" : " comes first");
    fprintf(out, "%s",
            pick->incumbent < pick->count || (pick->default_index > 0 &&
                                              pick->default_index < pick->count)
                ? "the order of the list"
                : "the first in the list is taken");
}

int cli_explain(const mk_stored_pick *pick,
                void (*say)(void *context, const char *part, const char *text),
                void *context)
{
    static const struct {
        const char *part;
        void (*tell)(FILE *out, const mk_stored_pick *pick);
    } parts[] = {
        { "tried", tell_tried }, { "checked", tell_checked },
        { "out", tell_put_out }, { "sure", tell_sure },
        { "apart", tell_apart }, { "rule", tell_rule },
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
        char *text = NULL;
        size_t length;
        FILE *out = open_memstream(&text, &length);

        if (out == NULL)
            return cli_no_memory();
        parts[i].tell(out, pick);
        if (fclose(out) != 0) {
            free(text);
            return cli_no_memory();
        }
        if (text[0] != '\0')
            say(context, parts[i].part, text);
        free(text);
    }
    return CLI_DONE;
}
