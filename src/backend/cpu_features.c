/* The processor's model and features, by CPUID on x86 and by the kernel's
 * hardware capabilities on AArch64; the names are those of /proc/cpuinfo. */
#include "backend/cpu.h"

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

static uint32_t enabled_state(void)
{
    uint32_t words[4] = { 0 };
    uint32_t low, high;

    (void)__get_cpuid(1, &words[EAX], &words[EBX], &words[ECX], &words[EDX]);
    if ((words[ECX] >> 27 & 1) == 0) /* OSXSAVE */
        return 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static bool has(size_t i)
{
    uint32_t words[4] = { 0 };

    if (__get_cpuid_count(features[i].leaf, features[i].subleaf, &words[EAX],
                          &words[EBX], &words[ECX], &words[EDX]) == 0)
        return false;
    return (words[features[i].word] >> features[i].bit & 1) != 0 &&
           (enabled_state() & features[i].state) == features[i].state;
}

void mk__cpu_model(struct mk__str *text)
{
    uint32_t words[12] = { 0 };
    uint32_t leaf[4] = { 0 };
    uint32_t family, model;
    char brand[sizeof(words) + 1];
    const char *start;

    for (uint32_t i = 0; i < 3; ++i)
        (void)__get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1],
                          &words[4 * i + 2], &words[4 * i + 3]);
    memcpy(brand, words, sizeof(words));
    brand[sizeof(words)] = '\0';
    start = brand + strspn(brand, " ");

    (void)__get_cpuid(1, &leaf[EAX], &leaf[EBX], &leaf[ECX], &leaf[EDX]);
    family = leaf[EAX] >> 8 & 15;
    model = leaf[EAX] >> 4 & 15;
    if (family == 6 || family == 15)
        model += (leaf[EAX] >> 16 & 15) << 4;
    if (family == 15)
        family += leaf[EAX] >> 20 & 255;
    mk__str_addf(text, "%s, family %u model %u stepping %u", start, family,
                 model, leaf[EAX] & 15);
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
