// The loops that have the processor's widest vectors, and what they work on. Compiled once for each kind of processor.
#pragma once
#include <cstddef>

namespace clip_tfjs {

/** C = A B (+ bias): A [rows, depth]; B [depth, columns], or turned [columns, depth]; C [rows, columns]. */
struct Product {
  const float *a, *b, *bias;
  float* c;
  long rows, columns, depth;
  long a_stride, b_stride, c_stride;  // numbers from one row, as it is stored, to the next
  bool turn_b;
};

/** A part of C. */
struct Block {
  long row, row_end, column, column_end;
};

struct Loops {
  /** The most columns a block may have. */
  long columns;
  /** What a block needs of memory for itself, in numbers. */
  size_t scratch;
  void (*product)(const Product&, const Block&, float* scratch);
  /** y = x σ(1.702 x) */
  void (*quick_gelu)(const float* x, float* y, long count);
  /** Rows of zero mean and unit variance, then gain and bias. */
  void (*layer_norm)(const float* x, const float* gain, const float* bias, float* y, long rows, long width,
                     float epsilon);
  /**
   * Rows that sum to 1, in place; if causal, of row i only the first i + 1 numbers, and zeros after them. There is room
   * for whole vectors: `stride`, from one row to the next, is a multiple of 16.
   */
  void (*softmax)(float* scores, long rows, long columns, long stride, float scale, bool causal);
};

}  // namespace clip_tfjs
