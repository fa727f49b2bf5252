/* Functions of modules, and launches of them. */
#include "support/fake_cuda/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Modules -------------------------------------------------------------------------- */

/* The log's buffer and its size, which becomes what was written. */
static void take_options(unsigned count, const CUjit_option *options,
                         void **values, const char *log)
{
    char *buffer = NULL;
    size_t size = 0;

    for (unsigned i = 0; i < count; ++i) {
        if (options[i] == CU_JIT_ERROR_LOG_BUFFER)
            buffer = values[i];
        if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
            size = (size_t)(uintptr_t)values[i];
    }
    if (buffer == NULL || size == 0)
        return;
    snprintf(buffer, size, "%s", log);
    for (unsigned i = 0; i < count; ++i)
        if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
            values[i] = (void *)(uintptr_t)strlen(buffer);
}

static void free_functions(CUmodule module)
{
    while (module->functions != NULL) {
        struct CUfunc_st *next = module->functions->next;

        free(module->functions);
        module->functions = next;
    }
}

struct CUfunc_st *fake_function(CUmodule module, const char *name)
{
    struct CUfunc_st *function = calloc(1, sizeof(*function));

    if (function == NULL)
        return NULL;
    snprintf(function->name, sizeof(function->name), "%s", name);
    function->module = module;
    function->cold = -1;
    function->touched = -1e300; /* never: the first launch is cold */
    function->max_threads = 1024;
    function->most_shared = -1;
    function->next = module->functions;
    module->functions = function;
    return function;
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count,
                            CUjit_option *options, void **values)
{
    CUresult result =
        fake_begin(FAKE_cuModuleLoadDataEx, NEEDS_CONTEXT | UNSAFE);
    char log[512] = "";
    CUmodule made = NULL;

    if (result == CUDA_SUCCESS) {
        made = fake_object(FAKE_CUDA_MODULES, sizeof(*made));
        result = made == NULL ? CUDA_ERROR_OUT_OF_MEMORY
                              : fake_module_read(made, image, log, sizeof(log));
        take_options(count, options, values, log);
    }
    if (made != NULL && result != CUDA_SUCCESS) {
        free_functions(made);
        fake_object_end(made);
    } else if (made != NULL) {
        *module = made;
    }
    return fake_end(result);
}

CUresult cuModuleUnload(CUmodule module)
{
    CUresult result =
        fake_begin(FAKE_cuModuleUnload, NEEDS_CONTEXT | ENDS | UNSAFE);

    if (result == CUDA_SUCCESS && !fake_is(module, FAKE_CUDA_MODULES))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS) {
        free_functions(module);
        fake_object_end(module);
    }
    return fake_end(result);
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module,
                             const char *name)
{
    CUresult result = fake_begin(FAKE_cuModuleGetFunction, NEEDS_CONTEXT);
    struct CUfunc_st *found;

    if (result == CUDA_SUCCESS && !fake_is(module, FAKE_CUDA_MODULES))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS) {
        found = module->functions;
        while (found != NULL && strcmp(found->name, name) != 0)
            found = found->next;
        if (found == NULL)
            result = CUDA_ERROR_NOT_FOUND;
        else
            *function = found;
    }
    return fake_end(result);
}

/* ---- Attributes ------------------------------------------------------------------------- */

/* A function is gone with its module, and its memory with it. */
static bool is_function(CUfunction function)
{
    for (struct object *o = fake_objects(); o != NULL; o = o->next) {
        const struct CUfunc_st *one;

        if (o->kind != FAKE_CUDA_MODULES)
            continue;
        one = ((CUmodule)o)->functions;
        while (one != NULL && one != function)
            one = one->next;
        if (one != NULL)
            return true;
    }
    (void)fake_misuse(CUDA_SUCCESS, "a function of no loaded module is used");
    return false;
}

static int most_shared(const struct CUfunc_st *function)
{
    return function->most_shared >= 0
               ? function->most_shared
               : fake_attribute(
                     CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK) -
                     function->static_shared;
}

/* An image that tells no parameters is one of a test that does not ask. */
CUresult cuFuncGetParamInfo(CUfunction function, size_t index, size_t *offset,
                            size_t *bytes)
{
    CUresult result = fake_begin(FAKE_cuFuncGetParamInfo, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS && !is_function(function))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result == CUDA_SUCCESS && function->param_count == 0)
        result = CUDA_ERROR_NOT_SUPPORTED;
    if (result == CUDA_SUCCESS && index >= function->param_count)
        result = CUDA_ERROR_INVALID_VALUE;
    if (result != CUDA_SUCCESS)
        return fake_end(result);
    *offset = 0;
    for (size_t i = 0; i < index; ++i)
        *offset += function->params[i];
    *bytes = function->params[index];
    return fake_end(result);
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute,
                            CUfunction function)
{
    CUresult result = fake_begin(FAKE_cuFuncGetAttribute, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS && !is_function(function))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result != CUDA_SUCCESS)
        return fake_end(result);
    if (attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
        *value = function->max_threads;
    else if (attribute == CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES)
        *value = function->static_shared;
    else if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
        *value = most_shared(function);
    else if (attribute == CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED)
        *value = function->non_portable;
    else
        result = CUDA_ERROR_INVALID_VALUE;
    return fake_end(result);
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute,
                            int value)
{
    CUresult result = fake_begin(FAKE_cuFuncSetAttribute, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS && !is_function(function))
        result = (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (result != CUDA_SUCCESS)
        return fake_end(result);
    if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES &&
        value >= 0 &&
        value <= fake_attribute(
                     CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN) -
                     function->static_shared)
        function->most_shared = value;
    else if (attribute == CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED)
        function->non_portable = value;
    else
        result = CUDA_ERROR_INVALID_VALUE;
    return fake_end(result);
}

/* ---- Launching -------------------------------------------------------------------------- */

static CUresult good_shape(const struct CUfunc_st *function,
                           const struct fake_cuda_launch *launch)
{
    static const unsigned most_grid[3] = { 2147483647, 65535, 65535 };
    static const unsigned most_block[3] = { 1024, 1024, 64 };
    unsigned threads = 1;

    for (int i = 0; i < 3; ++i) {
        if (launch->grid[i] == 0 || launch->grid[i] > most_grid[i] ||
            launch->block[i] == 0 || launch->block[i] > most_block[i])
            return CUDA_ERROR_INVALID_VALUE;
        threads *= launch->block[i];
    }
    if (threads > 1024 || launch->shared > (unsigned)most_shared(function))
        return CUDA_ERROR_INVALID_VALUE;
    return threads > (unsigned)function->max_threads
               ? (CUresult)FAKE_CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES
               : CUDA_SUCCESS;
}

static CUresult good_cluster(const struct CUfunc_st *function,
                             const struct fake_cuda_launch *launch)
{
    unsigned cluster[3] = { function->cluster > 0 ? function->cluster : 1, 1,
                            1 };
    unsigned most = function->non_portable != 0 ? 16 : 8;

    if (launch->cluster[0] == 0 && function->cluster == 0)
        return CUDA_SUCCESS;
    if (launch->cluster[0] > 0) {
        if (function->cluster > 0 && launch->cluster[0] != function->cluster)
            return (CUresult)FAKE_CUDA_ERROR_INVALID_CLUSTER_SIZE;
        memcpy(cluster, launch->cluster, sizeof(cluster));
    }
    if (fake_attribute(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH) == 0)
        return CUDA_ERROR_NOT_SUPPORTED;
    for (int i = 0; i < 3; ++i)
        if (cluster[i] == 0 || launch->grid[i] % cluster[i] != 0)
            return CUDA_ERROR_INVALID_VALUE;
    return cluster[0] * cluster[1] * cluster[2] > most
               ? (CUresult)FAKE_CUDA_ERROR_INVALID_CLUSTER_SIZE
               : CUDA_SUCCESS;
}

/* As if threads alone decided how many blocks are resident. */
static CUresult good_cooperation(const struct fake_cuda_launch *launch)
{
    unsigned threads = launch->block[0] * launch->block[1] * launch->block[2];
    unsigned long long blocks =
        (unsigned long long)launch->grid[0] * launch->grid[1] * launch->grid[2];
    unsigned multiprocessors =
        (unsigned)fake_attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);

    if (!launch->cooperative)
        return CUDA_SUCCESS;
    if (fake_attribute(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH) == 0)
        return CUDA_ERROR_NOT_SUPPORTED;
    return blocks > (unsigned long long)multiprocessors * (2048 / threads)
               ? (CUresult)FAKE_CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE
               : CUDA_SUCCESS;
}

static CUresult start(CUfunction function, struct fake_cuda_launch *launch)
{
    struct node node = { .work = WORK_LAUNCH, .function = function };
    CUresult result;

    if (!is_function(function))
        return (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    if (function->module->object.context != fake_current())
        return fake_misuse((CUresult)FAKE_CUDA_ERROR_INVALID_CONTEXT,
                           "a kernel of another context is launched");
    result = good_shape(function, launch);
    if (result == CUDA_SUCCESS)
        result = good_cluster(function, launch);
    if (result == CUDA_SUCCESS)
        result = good_cooperation(launch);
    if (result != CUDA_SUCCESS)
        return result;
    memcpy(launch->name, function->name, sizeof(launch->name));
    launch->argc = function->param_count;
    if (launch->argc > 0 && launch->argv == NULL)
        return CUDA_ERROR_INVALID_VALUE;
    node.launch = *launch;
    return fake_work(launch->stream, &node);
}

CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y,
                        unsigned grid_z, unsigned block_x, unsigned block_y,
                        unsigned block_z, unsigned shared_bytes,
                        CUstream stream, void **argv, void **extra)
{
    CUresult result = fake_begin(FAKE_cuLaunchKernel, NEEDS_CONTEXT);
    struct fake_cuda_launch launch = {
        .grid = { grid_x, grid_y, grid_z },
        .block = { block_x, block_y, block_z },
        .shared = shared_bytes,
        .stream = stream,
        .argv = argv,
    };

    if (result == CUDA_SUCCESS && extra != NULL)
        result = fake_misuse(CUDA_ERROR_INVALID_VALUE,
                             "arguments are packed, which this fake lacks");
    if (result == CUDA_SUCCESS)
        result = start(function, &launch);
    return fake_end(result);
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function,
                          void **argv, void **extra)
{
    CUresult result = fake_begin(FAKE_cuLaunchKernelEx, NEEDS_CONTEXT);
    struct fake_cuda_launch launch = {
        .grid = { config->gridDimX, config->gridDimY, config->gridDimZ },
        .block = { config->blockDimX, config->blockDimY, config->blockDimZ },
        .shared = config->sharedMemBytes,
        .stream = config->hStream,
        .argv = argv,
    };

    for (unsigned i = 0; i < config->numAttrs; ++i) {
        const CUlaunchAttribute *attribute = &config->attrs[i];

        if (attribute->id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE) {
            launch.cooperative = attribute->value.cooperative != 0;
        } else if (attribute->id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) {
            launch.cluster[0] = attribute->value.clusterDim.x;
            launch.cluster[1] = attribute->value.clusterDim.y;
            launch.cluster[2] = attribute->value.clusterDim.z;
        } else if (result == CUDA_SUCCESS) {
            result = CUDA_ERROR_INVALID_VALUE;
        }
    }
    if (result == CUDA_SUCCESS && extra != NULL)
        result = fake_misuse(CUDA_ERROR_INVALID_VALUE,
                             "arguments are packed, which this fake lacks");
    if (result == CUDA_SUCCESS)
        result = start(function, &launch);
    return fake_end(result);
}

/* ---- What a launch does ------------------------------------------------------------------ */

#define MOST_EFFECTS 64

static struct {
    const char *name;
    fake_cuda_effect effect;
    void *context;
} effects[MOST_EFFECTS];
static size_t effect_count;

static double touched; /* bytes of the L2, by all, ever */

void fake_touch(double bytes)
{
    touched += bytes;
}

void fake_kernels_forget(void)
{
    effect_count = 0;
}

void fake_kernel_set(const char *name, fake_cuda_effect effect, void *context)
{
    size_t i = 0;

    while (i < effect_count && strcmp(effects[i].name, name) != 0)
        ++i;
    if (i == MOST_EFFECTS) {
        (void)fake_misuse(CUDA_SUCCESS, "no room for the kernel %s", name);
        return;
    }
    if (i == effect_count)
        ++effect_count;
    effects[i].name = name;
    effects[i].effect = effect;
    effects[i].context = context;
}

/* Pseudo-random, in [0, 1), from a seed and an index. */
static double random_of(uint64_t seed, size_t nth)
{
    uint64_t z = (seed + 1) * UINT64_C(0xd1342543de82ef95) +
                 (uint64_t)nth * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

/* As fake_noisy of the fake back end, which is in no shared object. */
static double noisy(double ns, const struct CUfunc_st *function)
{
    size_t nth = 4 * function->launches;
    double bell = random_of(function->seed, nth) +
                  random_of(function->seed, nth + 1) +
                  random_of(function->seed, nth + 2) - 1.5;
    double outlier = random_of(function->seed, nth + 3);

    ns *= 1 + 2 * function->noise * bell;
    return outlier < 0.05 ? ns * (1 + 20 * outlier) : ns;
}

static double time_of(struct CUfunc_st *function)
{
    double l2 = fake.devices[function->module->object.context->device]
                    .attributes[CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE];
    bool cold = function->cold >= 0 && touched - function->touched >= l2;
    double ns = cold ? function->cold : function->ns;

    if (function->noise > 0)
        ns = noisy(ns, function);
    touched += function->touches;
    function->touched = touched;
    ++function->launches;
    return ns;
}

CUresult fake_kernel_do(CUfunction function,
                        const struct fake_cuda_launch *launch)
{
    if (!is_function(function))
        return (CUresult)FAKE_CUDA_ERROR_INVALID_HANDLE;
    fake.clock += time_of(function);
    atomic_fetch_add(&fake.launches, 1);
    fake.last = *launch;
    fake.last.argv = NULL;
    for (size_t i = 0; i < effect_count; ++i)
        if (strcmp(effects[i].name, function->name) == 0 &&
            effects[i].effect != NULL)
            effects[i].effect(effects[i].context, launch);
    if (function->fault != CUDA_SUCCESS)
        function->module->object.context->broken = function->fault;
    return CUDA_SUCCESS;
}
