/* The objects of --json that tell of choices by shape and of several shapes. */
#include "json.h"

/* A figure that may be unknown: 0. */
static json_t *known(double figure)
{
    return figure > 0 ? json_real(figure) : json_null();
}

/* ---- By shape -------------------------------------------------------------- */

/* {"name", "index", "from", "reason"} */
static json_t *pick_of(const mk_report *report)
{
    if (report == NULL || report->pick >= report->count)
        return json_null();
    return json_pack("{s:o, s:I, s:s, s:o}", "name",
                     cli_json_text(report->candidates[report->pick].name),
                     "index", (json_int_t)report->pick, "from",
                     mk_origin_name(report->from), "reason",
                     cli_json_text(report->reason));
}

/* The sizes that a hint names. */
static json_t *hint_of(const cli_survey *survey, const cli_result *result)
{
    size_t count;
    const mk_size *sizes =
        mk_definition_hint(survey->definition, result->hint, &count);
    json_t *object = sizes != NULL ? json_object() : json_null();

    for (size_t i = 0; i < count; ++i) {
        if (json_object_set_new(object, sizes[i].name,
                                json_integer(sizes[i].value)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

json_t *cli_json_by_shape(const cli_survey *survey, const cli_result *result)
{
    const mk_candidate *dispatched = cli_dispatched(result);
    bool timed = dispatched != NULL && cli_is_timed(dispatched);
    bool near = result->hint != CLI_NO_HINT;

    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "policy",
                     cli_policy_name(survey->settings->multi.by_shape->policy),
                     "pick", pick_of(result->dispatched), "hint",
                     hint_of(survey, result), "distance",
                     near ? json_real(result->distance) : json_null(), "regret",
                     known(timed ? dispatched->ratio : 0));
}

/* ---- Summaries ------------------------------------------------------------- */

/* Adds to `object` the figures of a variant, or of a policy. */
static int add_figures(json_t *object, const cli_survey *survey,
                       const cli_figures *figures)
{
    json_t *at = figures->count > 0
                     ? cli_json_sizes(survey->definition,
                                      survey->results[figures->worst_at].sizes)
                     : json_null();

    return json_object_set_new(object, "timed",
                               json_integer((json_int_t)figures->count)) |
           json_object_set_new(object, "dropped",
                               json_integer((json_int_t)figures->rough)) |
           json_object_set_new(object, "mean", known(figures->mean)) |
           json_object_set_new(object, "worst", known(figures->worst)) |
           json_object_set_new(object, "worst_at", at);
}

static json_t *variants_of(const cli_survey *survey, const cli_summary *summary)
{
    json_t *variants = json_array();

    for (size_t i = 0; i < summary->variant_count; ++i) {
        const cli_variant *variant = &summary->variants[i];
        json_t *entry =
            json_pack("{s:o, s:I}", "name", cli_json_text(variant->name),
                      "picks", (json_int_t)variant->picks);

        if (add_figures(entry, survey, &variant->figures) != 0) {
            json_decref(entry);
            entry = NULL;
        }
        if (json_array_append_new(variants, entry) != 0) {
            json_decref(variants);
            return NULL;
        }
    }
    return variants;
}

static json_t *regret_of(const cli_survey *survey, const cli_summary *summary)
{
    json_t *regret;

    if (survey->by_shape == NULL)
        return json_null();
    regret = json_object();
    if (add_figures(regret, survey, &summary->regret) == 0)
        return regret;
    json_decref(regret);
    return NULL;
}

json_t *cli_json_summary(const cli_survey *survey)
{
    cli_summary summary;
    json_t *object = NULL;

    if (cli_summary_make(&summary, survey) == CLI_DONE)
        object =
            json_pack("{s:o, s:I, s:o, s:o, s:o}", "definition",
                      cli_json_text(mk_definition_name(survey->definition)),
                      "shapes", (json_int_t)summary.shapes, "variants",
                      variants_of(survey, &summary), "one",
                      summary.one < summary.variant_count
                          ? cli_json_text(summary.variants[summary.one].name)
                          : json_null(),
                      "regret", regret_of(survey, &summary));
    cli_summary_free(&summary);
    return object;
}
