/* Work in the background, on as many threads as the process has cores; threads
 * exist only while there is work. */
#ifndef MULTIKERNEL_BASE_TASK_H
#define MULTIKERNEL_BASE_TASK_H

enum mk__task_state {
    MK__TASK_IDLE = 0,
    MK__TASK_QUEUED,
    MK__TASK_RUNNING,
    MK__TASK_DONE,
};

/* The first member of the struct that holds what the task works on; zeroed at
 * first but for `run`, which is called once. */
struct mk__task {
    void (*run)(struct mk__task *task);
    enum mk__task_state state;
    struct mk__task *next;
};

/* Starts the task in the background, unless it was started before. */
void mk__task_start(struct mk__task *task);

/* Returns when the task is done. One that was not started runs here. */
void mk__task_finish(struct mk__task *task);

/* Returns when the task is not running and will not run. */
void mk__task_cancel(struct mk__task *task);

#endif
