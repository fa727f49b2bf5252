/* Statuses and the last error.
 *
 * Every function that can fail returns an `int`: MK_OK (0) or another member
 * of mk_status. The function that meets the error describes it once, in the
 * calling thread's mk_error; callers above pass the status up unchanged. */
#ifndef MULTIKERNEL_ERROR_H
#define MULTIKERNEL_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#    define MK_API __attribute__((visibility("default")))
#else
#    define MK_API
#endif

/* One list makes the enum, the names and the texts. */
#define MK_STATUS_LIST(X)                                                      \
    X(OK, 0, "success")                                                        \
    X(ERROR_ARGUMENT, 1, "an argument does not fit the parameter")             \
    X(ERROR_INVALID, 2, "the library was called in a way it does not allow")   \
    X(ERROR_NO_MEMORY, 3, "out of memory")                                     \
    X(ERROR_DEFINITION, 4, "the definition file is wrong")                     \
    X(ERROR_COMPILE, 5, "a kernel does not compile")                           \
    X(ERROR_LOAD, 6, "a kernel does not load")                                 \
    X(ERROR_INELIGIBLE, 7, "no kernel may run on this machine or these sizes") \
    X(ERROR_NO_CANDIDATE, 8, "no kernel is left to choose from")               \
    X(ERROR_LAUNCH, 9, "a kernel failed to launch")                            \
    X(ERROR_MISS, 10, "no stored pick, and measuring is not allowed")          \
    X(ERROR_IO, 11, "a file could not be read or written")                     \
    X(ERROR_NOT_FOUND, 12, "there is nothing by that name")                    \
    X(ERROR_UNSUPPORTED, 13, "not supported by this back end")                 \
    X(ERROR_CONFLICT, 14, "there are several where there must be one")

typedef enum mk_status {
#define MK_STATUS_ENUM(name, value, text) MK_##name = (value),
    MK_STATUS_LIST(MK_STATUS_ENUM)
#undef MK_STATUS_ENUM
} mk_status;

typedef struct mk_error {
    mk_status status;
    const char *backend; /* back end that failed, or NULL */
    int native_code;     /* its own code (errno, CUresult, exit status), or 0 */
    const char *message; /* one line: what, where, expected, got, what to do */
    const char *log;     /* the compiler's whole log, or NULL */
} mk_error;

/* The calling thread's last error. Never NULL; status is MK_OK and message is
 * empty when nothing failed yet. The strings live until the next failing call
 * in this thread. */
MK_API const mk_error *mk_last_error(void);

/* "MK_ERROR_COMPILE" and "a kernel does not compile"; never NULL. Static. */
MK_API const char *mk_status_name(int status);
MK_API const char *mk_status_text(int status);

/* "0.1.0": the version of the library in use. Static. */
MK_API const char *mk_version(void);

#ifdef __cplusplus
}
#endif

#endif
