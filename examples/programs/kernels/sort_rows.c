/*
 * Each row sorted from the smallest up, by heapsort: no scratch memory, and no
 * input for which it is slow.
 */
#include <stdint.h>

/* Lets x[i] sink into the heap below it, of n elements in all. */
static void sink(float *x, int64_t i, int64_t n)
{
    const float value = x[i];
    while (2 * i + 1 < n) {
        int64_t child = 2 * i + 1;
        if (child + 1 < n && x[child] < x[child + 1]) {
            child++;
        }
        if (value >= x[child]) {
            break;
        }
        x[i] = x[child];
        i = child;
    }
    x[i] = value;
}

void sort_rows_heap(const float *x, float *y, int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        for (int64_t c = 0; c < cols; c++) {
            y[c] = x[c];
        }
        for (int64_t c = cols / 2; c > 0; c--) {
            sink(y, c - 1, cols);
        }
        for (int64_t c = cols - 1; c > 0; c--) {
            const float last = y[c];
            y[c] = y[0];
            y[0] = last;
            sink(y, 0, c);
        }
    }
}
