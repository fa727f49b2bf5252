/* A definition file from C: loads it, makes the multi-kernel for some sizes,
 * and runs it as a bound call, whose arguments are placed once.
 *
 *   from_definition examples/kernels/row_sum/row_sum.mk.json rows=512 cols=2048
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/multikernel.h>

#define MAX_SIZES 16

/* Reads NAME=NUMBER, splitting `text`; 0 where it is none. */
static int read_size(char *text, mk_size *size)
{
    char *equals = strchr(text, '=');
    char *end;

    if (equals == NULL)
        return 0;
    *equals = '\0';
    size->name = text;
    size->value = strtoll(equals + 1, &end, 10);
    return end != equals + 1 && *end == '\0';
}

static int run(mk_multi *multi, const mk_arguments *arguments)
{
    size_t count;
    const mk_arg *args = mk_arguments_list(arguments, &count);
    mk_call *call;
    int status = mk_bind(&call, multi, args, count);

    for (int i = 0; i < 100 && status == MK_OK; ++i)
        status = mk_call_run(call, MK_DEFAULT_STREAM);
    mk_call_destroy(call);
    return status;
}

static int tell(mk_multi *multi)
{
    mk_report *report;
    int status = mk_multi_report(multi, &report);

    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < report->count; ++i)
        printf("%c %-28s %-12s %12.0f ns\n", i == report->pick ? '*' : ' ',
               report->candidates[i].name,
               mk_fate_name(report->candidates[i].fate),
               report->candidates[i].time_ns);
    printf("from the %s: %s\n", mk_origin_name(report->from), report->reason);
    mk_report_destroy(report);
    return MK_OK;
}

static int perform(const char *path, const mk_size *sizes, size_t count)
{
    mk_definition *definition = NULL;
    mk_arguments *arguments = NULL;
    mk_multi *multi = NULL;
    int status = mk_definition_load(&definition, path);

    if (status == MK_OK)
        status = mk_definition_multi(&multi, definition, sizes, count, NULL);
    if (status == MK_OK)
        status =
            mk_arguments_create(&arguments, definition, multi, sizes, count, 1);
    if (status == MK_OK)
        status = run(multi, arguments);
    if (status == MK_OK)
        status = tell(multi);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
    return status;
}

int main(int argc, char **argv)
{
    mk_size sizes[MAX_SIZES];
    size_t count = 0;

    if (argc < 2 || argc - 2 > MAX_SIZES) {
        fprintf(stderr, "usage: %s DEFINITION [NAME=NUMBER]...\n", argv[0]);
        return 2;
    }
    for (int i = 2; i < argc; ++i)
        if (!read_size(argv[i], &sizes[count++])) {
            fprintf(stderr, "%s: expected NAME=NUMBER, got %s\n", argv[0],
                    argv[i]);
            return 2;
        }
    if (perform(argv[1], sizes, count) != MK_OK) {
        fprintf(stderr, "%s: %s\n", argv[0], mk_last_error()->message);
        return 1;
    }
    return 0;
}
