/* A pick to store, and keys to store it under. */
#ifndef MULTIKERNEL_TESTS_STORE_STORED_H
#define MULTIKERNEL_TESTS_STORE_STORED_H

#include <multikernel/store.h>

#define KEY_A "aa00000000000000000000000000000000000000000000000000000000000001"
#define KEY_B "aa00000000000000000000000000000000000000000000000000000000000002"
#define KEY_C "bb00000000000000000000000000000000000000000000000000000000000003"

static const mk_candidate stored_candidates[2] = {
    { "a", MK_FATE_DROPPED, 200.5, { 190, 210.25 }, 2, 3, "", NULL },
    { "b", MK_FATE_OK, 100.25, { 99, 101 }, 1, 31, "a \"detail\"\n", NULL },
};

static inline mk_stored_pick stored_pick(const char *key, size_t pick)
{
    return (mk_stored_pick){
        .key = key,
        .multi = "mine",
        .date = "2026-11-22T18:25:00Z",
        .version = "0.1.0",
        .shapes = "x=float32[8]",
        .policy = "warm, wall",
        .device = "{\"model\":\"fake\"}",
        .count = 2,
        .candidates = stored_candidates,
        .pick = pick,
        .reason = "the fastest",
        .tuning_ms = 12.5,
        .explained = true,
        .tie_margin = 0.01,
        .budget_ms = 80,
        .incumbent = 2, /* none */
        .default_index = 1,
        .reference = 0,
        .isolated = true,
    };
}

#endif
