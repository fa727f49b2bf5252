/*
 * A running average of row sums, as batch normalisation keeps its statistics:
 *
 *     now[r] = (1 - momentum) * old[r] + momentum * sum_c x[r][c]
 *
 * now may be old.
 *
 * one_accumulator   One sum a row, in double.
 * two_accumulators  Even and odd elements apart.
 */
#include <stdint.h>

void mix_sum_one_accumulator(const float *x, const float *old, float *now,
                             int64_t rows, int64_t cols, float momentum)
{
    for (int64_t r = 0; r < rows; r++, x += cols) {
        double sum = 0;
        for (int64_t c = 0; c < cols; c++) {
            sum += (double)x[c];
        }
        now[r] = (1 - momentum) * old[r] + momentum * (float)sum;
    }
}

void mix_sum_two_accumulators(const float *x, const float *old, float *now,
                              int64_t rows, int64_t cols, float momentum)
{
    for (int64_t r = 0; r < rows; r++, x += cols) {
        double even = 0;
        double odd = cols % 2 == 1 ? (double)x[cols - 1] : 0;
        for (int64_t c = 0; c + 1 < cols; c += 2) {
            even += (double)x[c];
            odd += (double)x[c + 1];
        }
        now[r] = (1 - momentum) * old[r] + momentum * (float)(even + odd);
    }
}
