/* The processor's model and features, by CPUID on x86 and by the kernel's
 * hardware capabilities on AArch64; the names are those of /proc/cpuinfo. */
#include "backend/cpu.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)

#    include <cpuid.h>

enum {
    EAX,
    EBX,
    ECX,
    EDX
};

/* State that the system must save before programs may use a feature: bits of
 * XCR0 (Intel SDM, volume 1, chapter 13). */
enum {
    STATE_NONE = 0,
    STATE_AVX = 0x6,
    STATE_AVX512 = 0xe6,
    STATE_AMX = 0x60000,
};

/* Intel SDM, volume 2A, CPUID; AMD64 APM, volume 3, appendix E. */
static const struct {
    const char *name;
    uint32_t leaf;
    uint32_t subleaf;
    uint8_t word;
    uint8_t bit;
    uint32_t state;
} features[] = {
    { "sse2", 1, 0, EDX, 26, STATE_NONE },
    { "sse3", 1, 0, ECX, 0, STATE_NONE },
    { "pni", 1, 0, ECX, 0, STATE_NONE }, /* its name in /proc/cpuinfo */
    { "pclmulqdq", 1, 0, ECX, 1, STATE_NONE },
    { "ssse3", 1, 0, ECX, 9, STATE_NONE },
    { "fma", 1, 0, ECX, 12, STATE_AVX },
    { "sse4_1", 1, 0, ECX, 19, STATE_NONE },
    { "sse4_2", 1, 0, ECX, 20, STATE_NONE },
    { "movbe", 1, 0, ECX, 22, STATE_NONE },
    { "popcnt", 1, 0, ECX, 23, STATE_NONE },
    { "aes", 1, 0, ECX, 25, STATE_NONE },
    { "avx", 1, 0, ECX, 28, STATE_AVX },
    { "f16c", 1, 0, ECX, 29, STATE_AVX },
    { "bmi1", 7, 0, EBX, 3, STATE_NONE },
    { "avx2", 7, 0, EBX, 5, STATE_AVX },
    { "bmi2", 7, 0, EBX, 8, STATE_NONE },
    { "avx512f", 7, 0, EBX, 16, STATE_AVX512 },
    { "avx512dq", 7, 0, EBX, 17, STATE_AVX512 },
    { "adx", 7, 0, EBX, 19, STATE_NONE },
    { "avx512ifma", 7, 0, EBX, 21, STATE_AVX512 },
    { "avx512cd", 7, 0, EBX, 28, STATE_AVX512 },
    { "sha_ni", 7, 0, EBX, 29, STATE_NONE },
    { "avx512bw", 7, 0, EBX, 30, STATE_AVX512 },
    { "avx512vl", 7, 0, EBX, 31, STATE_AVX512 },
    { "avx512vbmi", 7, 0, ECX, 1, STATE_AVX512 },
    { "avx512_vbmi2", 7, 0, ECX, 6, STATE_AVX512 },
    { "gfni", 7, 0, ECX, 8, STATE_NONE },
    { "vaes", 7, 0, ECX, 9, STATE_AVX },
    { "vpclmulqdq", 7, 0, ECX, 10, STATE_AVX },
    { "avx512_vnni", 7, 0, ECX, 11, STATE_AVX512 },
    { "avx512_bitalg", 7, 0, ECX, 12, STATE_AVX512 },
    { "avx512_vpopcntdq", 7, 0, ECX, 14, STATE_AVX512 },
    { "amx_bf16", 7, 0, EDX, 22, STATE_AMX },
    { "avx512_fp16", 7, 0, EDX, 23, STATE_AVX512 },
    { "amx_tile", 7, 0, EDX, 24, STATE_AMX },
    { "amx_int8", 7, 0, EDX, 25, STATE_AMX },
    { "avx_vnni", 7, 1, EAX, 4, STATE_AVX },
    { "avx512_bf16", 7, 1, EAX, 5, STATE_AVX512 },
    { "abm", 0x80000001, 0, ECX, 5, STATE_NONE },
};

/* CPUID traps in virtual machines, which makes it dear: each leaf is asked for
 * once. */
static uint32_t leaves[4][4];
static uint32_t brand_words[12];
static uint32_t enabled_state;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint32_t *words_of(uint32_t leaf, uint32_t subleaf)
{
    if (leaf == 1)
        return leaves[0];
    if (leaf == 7)
        return leaves[1 + subleaf];
    return leaves[3];
}

static void ask(uint32_t leaf, uint32_t subleaf)
{
    uint32_t *words = words_of(leaf, subleaf);

    (void)__get_cpuid_count(leaf, subleaf, &words[EAX], &words[EBX],
                            &words[ECX], &words[EDX]);
}

static void ask_all(void)
{
    uint32_t high;

    ask(1, 0);
    ask(7, 0);
    ask(7, 1);
    ask(0x80000001, 0);
    for (size_t i = 0; i < 3; ++i)
        (void)__get_cpuid(0x80000002 + (uint32_t)i, &brand_words[4 * i],
                          &brand_words[4 * i + 1], &brand_words[4 * i + 2],
                          &brand_words[4 * i + 3]);
    if ((words_of(1, 0)[ECX] >> 27 & 1) != 0) /* OSXSAVE */
        __asm__("xgetbv" : "=a"(enabled_state), "=d"(high) : "c"(0));
}

static bool has(size_t i)
{
    (void)pthread_once(&once, ask_all);
    return (words_of(features[i].leaf, features[i].subleaf)[features[i].word] >>
                features[i].bit &
            1) != 0 &&
           (enabled_state & features[i].state) == features[i].state;
}

void mk__cpu_model(struct mk__str *text)
{
    uint32_t signature, family, model;
    char brand[sizeof(brand_words) + 1];

    (void)pthread_once(&once, ask_all);
    memcpy(brand, brand_words, sizeof(brand_words));
    brand[sizeof(brand_words)] = '\0';
    signature = words_of(1, 0)[EAX];
    family = signature >> 8 & 15;
    model = signature >> 4 & 15;
    if (family == 6 || family == 15)
        model += (signature >> 16 & 15) << 4;
    if (family == 15)
        family += signature >> 20 & 255;
    mk__str_addf(text, "%s, family %u model %u stepping %u",
                 brand + strspn(brand, " "), family, model, signature & 15);
}

#elif defined(__aarch64__)

#    include <asm/hwcap.h>
#    include <sys/auxv.h>

static const struct {
    const char *name;
    unsigned long type;
    unsigned long bit;
} features[] = {
    { "asimd", AT_HWCAP, HWCAP_ASIMD },
    { "crc32", AT_HWCAP, HWCAP_CRC32 },
    { "atomics", AT_HWCAP, HWCAP_ATOMICS },
    { "fphp", AT_HWCAP, HWCAP_FPHP },
    { "asimdhp", AT_HWCAP, HWCAP_ASIMDHP },
    { "asimddp", AT_HWCAP, HWCAP_ASIMDDP },
    { "sve", AT_HWCAP, HWCAP_SVE },
    { "sve2", AT_HWCAP2, HWCAP2_SVE2 },
    { "i8mm", AT_HWCAP2, HWCAP2_I8MM },
    { "bf16", AT_HWCAP2, HWCAP2_BF16 },
};

static bool has(size_t i)
{
    return (getauxval(features[i].type) & features[i].bit) != 0;
}

void mk__cpu_model(struct mk__str *text)
{
    uint64_t midr = 0;

    /* The kernel emulates this register for programs (HWCAP_CPUID). */
    if ((getauxval(AT_HWCAP) & HWCAP_CPUID) != 0)
        __asm__("mrs %0, MIDR_EL1" : "=r"(midr));
    mk__str_addf(text, "AArch64, MIDR 0x%08llx", (unsigned long long)midr);
}

#else

static const struct {
    const char *name;
} features[] = { { "" } };

static bool has(size_t i)
{
    (void)i;
    return false;
}

void mk__cpu_model(struct mk__str *text)
{
    mk__str_add(text, "unknown processor");
}

#endif

void mk__cpu_features(struct mk__str *text)
{
    const char *between = "";

    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); ++i)
        if (has(i)) {
            mk__str_addf(text, "%s%s", between, features[i].name);
            between = " ";
        }
}

bool mk__cpu_has_feature(const char *name)
{
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); ++i)
        if (strcmp(features[i].name, name) == 0)
            return has(i);
    return false;
}
