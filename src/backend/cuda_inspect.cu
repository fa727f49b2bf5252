// Our own kernels on a GPU: poison, and what became of it. They are bound by
// memory: 16 bytes at a time where addresses allow it, and what is the same bit
// by bit is not looked at further. Blocks hand back what each found, so that
// there is nothing to set up before and no order to what adds up.
#include "backend/cuda_inspect.h"

// As much as is read in one go: whole elements of every type.
enum {
    pack_bytes = 16,
};

struct pack {
    uint64_t low;
    uint64_t high;
};

static __device__ bool is_aligned(const void *address, size_t to)
{
    return (reinterpret_cast<uintptr_t>(address) & (to - 1)) == 0;
}

static __device__ struct pack load_pack(const char *at)
{
    const ulonglong2 words = *reinterpret_cast<const ulonglong2 *>(at);

    return { words.x, words.y };
}

// At any address.
static __device__ uint64_t load_part(const char *at, size_t bytes)
{
    uint64_t bits = 0;

    if (!is_aligned(at, bytes)) {
        for (size_t i = 0; i < bytes; ++i)
            bits |= static_cast<uint64_t>(static_cast<uint8_t>(at[i]))
                    << (8 * i);
        return bits;
    }
    switch (bytes) {
    case 1:
        return *reinterpret_cast<const uint8_t *>(at);
    case 2:
        return *reinterpret_cast<const uint16_t *>(at);
    case 4:
        return *reinterpret_cast<const uint32_t *>(at);
    default:
        return *reinterpret_cast<const uint64_t *>(at);
    }
}

static __device__ void store_part(char *at, size_t bytes, uint64_t bits)
{
    if (!is_aligned(at, bytes)) {
        for (size_t i = 0; i < bytes; ++i)
            at[i] = static_cast<char>(bits >> (8 * i));
        return;
    }
    switch (bytes) {
    case 1:
        *reinterpret_cast<uint8_t *>(at) = static_cast<uint8_t>(bits);
        break;
    case 2:
        *reinterpret_cast<uint16_t *>(at) = static_cast<uint16_t>(bits);
        break;
    case 4:
        *reinterpret_cast<uint32_t *>(at) = static_cast<uint32_t>(bits);
        break;
    default:
        *reinterpret_cast<uint64_t *>(at) = bits;
        break;
    }
}

// Part `p` of a pack.
static __device__ uint64_t part_of(const struct mk__element &element,
                                   const struct pack &pack, size_t p)
{
    size_t bit = 8 * element.bytes * p;
    uint64_t word = bit < 64 ? pack.low : pack.high;

    return word >> (bit & 63) & mk__inspect_mask(&element);
}

static __device__ uint64_t first_thread(void)
{
    return static_cast<uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

static __device__ uint64_t all_threads(void)
{
    return static_cast<uint64_t>(gridDim.x) * blockDim.x;
}

// ---- Poison ------------------------------------------------------------------

// Fills, by parts, with the poison of the results.
static __device__ void poison_differently(const struct mk__inspect_job &job,
                                          char *to)
{
    const size_t bytes = job.element.bytes;
    const uint64_t parts = job.count * job.element.parts;

    for (uint64_t i = first_thread(); i < parts; i += all_threads())
        store_part(to + i * bytes, bytes,
                   mk__inspect_poison(
                       &job, load_part(job.results + i * bytes, bytes)));
}

// Fills with the plain poison.
static __device__ void poison_plainly(const struct mk__inspect_job &job,
                                      char *to)
{
    const size_t bytes = job.element.bytes;
    const uint64_t parts = job.count * job.element.parts;
    const uint64_t poison =
        mk__part_poison(job.element.kind) & mk__inspect_mask(&job.element);
    const uint64_t packs =
        is_aligned(to, pack_bytes) ? parts * bytes / pack_bytes : 0;
    uint64_t word = 0;

    for (size_t at = 0; at < 8; at += bytes)
        word |= poison << (8 * at);
    for (uint64_t i = first_thread(); i < packs; i += all_threads())
        reinterpret_cast<ulonglong2 *>(to)[i] = make_ulonglong2(word, word);
    for (uint64_t i = packs * pack_bytes / bytes + first_thread(); i < parts;
         i += all_threads())
        store_part(to + i * bytes, bytes, poison);
}

extern "C" __global__ void __launch_bounds__(MK__INSPECT_THREADS)
    mk__inspect_poison_all(struct mk__inspect_job job, char *to)
{
    if (job.results != nullptr)
        poison_differently(job, to);
    else
        poison_plainly(job, to);
}

// Sets `*found`, which was 0, if any part of the results could be taken for
// poison.
extern "C" __global__ void __launch_bounds__(MK__INSPECT_THREADS)
    mk__inspect_confusable(struct mk__inspect_job job, unsigned *found)
{
    const size_t bytes = job.element.bytes;
    const uint64_t parts = job.count * job.element.parts;
    const uint64_t poison =
        mk__part_poison(job.element.kind) & mk__inspect_mask(&job.element);
    bool agree = false;

    for (uint64_t i = first_thread(); i < parts && !agree; i += all_threads())
        agree =
            mk__part_distance(&job.element, job.rtol, job.atol,
                              load_part(job.results + i * bytes, bytes), poison)
                .agree;
    if (__syncthreads_or(agree) && threadIdx.x == 0)
        atomicOr(found, 1U);
}

// ---- Comparing ---------------------------------------------------------------

// Elements in packs, from number `first` on.
static __device__ void compare_pack(const struct mk__inspect_job &job,
                                    const struct pack &results,
                                    const struct pack &got, uint64_t first,
                                    struct mk__inspect_finding *finding)
{
    const size_t parts = job.element.parts;
    const size_t elements = pack_bytes / (job.element.bytes * parts);

    if (results.low == got.low && results.high == got.high)
        return;
    for (size_t i = 0; i < elements; ++i) {
        uint64_t a[2];
        uint64_t b[2];

        a[0] = part_of(job.element, results, i * parts);
        b[0] = part_of(job.element, got, i * parts);
        a[1] = part_of(job.element, results, i * parts + parts - 1);
        b[1] = part_of(job.element, got, i * parts + parts - 1);
        mk__inspect_element(&job, a, b, first + i, finding);
    }
}

// An element at any address.
static __device__ void compare_one(const struct mk__inspect_job &job,
                                   uint64_t index,
                                   struct mk__inspect_finding *finding)
{
    const size_t bytes = job.element.bytes;
    const size_t last = bytes * (job.element.parts - 1);
    const char *result = job.results + index * (last + bytes);
    const char *got = job.got + index * (last + bytes);
    uint64_t a[2];
    uint64_t b[2];

    a[0] = load_part(result, bytes);
    b[0] = load_part(got, bytes);
    a[1] = load_part(result + last, bytes);
    b[1] = load_part(got + last, bytes);
    if (a[0] != b[0] || a[1] != b[1])
        mk__inspect_element(&job, a, b, index, finding);
}

// Adds up what the threads of the block found, in the room of one for each.
static __device__ void hand_back(struct mk__inspect_finding *all,
                                 const struct mk__inspect_finding &finding,
                                 struct mk__inspect_finding *to)
{
    all[threadIdx.x] = finding;
    for (unsigned half = MK__INSPECT_THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half)
            mk__inspect_add(&all[threadIdx.x], &all[threadIdx.x + half]);
    }
    if (threadIdx.x == 0)
        *to = all[0];
}

// findings[block]
extern "C" __global__ void __launch_bounds__(MK__INSPECT_THREADS)
    mk__inspect_compare(struct mk__inspect_job job,
                        struct mk__inspect_finding *findings)
{
    __shared__ struct mk__inspect_finding found[MK__INSPECT_THREADS];
    const size_t bytes = job.element.bytes * job.element.parts;
    const bool aligned =
        is_aligned(job.results, pack_bytes) && is_aligned(job.got, pack_bytes);
    const uint64_t packs = aligned ? job.count * bytes / pack_bytes : 0;
    struct mk__inspect_finding finding = { 0, 0, 0, 0, 0 };

    for (uint64_t i = first_thread(); i < packs; i += all_threads())
        compare_pack(job, load_pack(job.results + i * pack_bytes),
                     load_pack(job.got + i * pack_bytes),
                     i * (pack_bytes / bytes), &finding);
    for (uint64_t i = packs * pack_bytes / bytes + first_thread();
         i < job.count; i += all_threads())
        compare_one(job, i, &finding);
    hand_back(found, finding, &findings[blockIdx.x]);
}

// Sets `*found`, which was 0, if any byte differs.
extern "C" __global__ void __launch_bounds__(MK__INSPECT_THREADS)
    mk__inspect_unequal(const char *a, const char *b, uint64_t bytes,
                        unsigned *found)
{
    const bool aligned = is_aligned(a, pack_bytes) && is_aligned(b, pack_bytes);
    const uint64_t packs = aligned ? bytes / pack_bytes : 0;
    bool differ = false;

    for (uint64_t i = first_thread(); i < packs && !differ;
         i += all_threads()) {
        struct pack x = load_pack(a + i * pack_bytes);
        struct pack y = load_pack(b + i * pack_bytes);

        differ = x.low != y.low || x.high != y.high;
    }
    for (uint64_t i = packs * pack_bytes + first_thread(); i < bytes && !differ;
         i += all_threads())
        differ = a[i] != b[i];
    if (__syncthreads_or(differ) && threadIdx.x == 0)
        atomicOr(found, 1U);
}
