// Operations that TensorFlow has not, or has slower: products of matrices, QuickGELU, layer normalisation, attention.
// They are registered as TensorFlow's own are, so that TensorFlow.js's binding runs them by name. On a processor without
// AVX2 none is there, and src/backend/kernels takes TensorFlow's. Products are there on Intel's processors alone: on AMD's,
// TensorFlow's own (oneDNN) come near what the processor can do.
#include <algorithm>
#include <memory>
#include <vector>

#include "call.h"
#include "loops.h"
#include "tensorflow/c/ops.h"
#include "workers.h"

namespace clip_tfjs {

extern const Loops AVX512;
extern const Loops AVX2;

namespace {

const Loops* loops() {
  static const Loops* const best = [] {
    __builtin_cpu_init();
    auto has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    if (has_avx512) return &AVX512;
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has_avx2 ? &AVX2 : nullptr;
  }();
  return best;
}

/** Memory of this thread's own, kept for the next time. */
float* scratch(size_t numbers) {
  static thread_local std::vector<float> memory;
  if (memory.size() < numbers + 16) memory.resize(numbers + 16);
  void* start = memory.data();
  size_t room = memory.size() * sizeof(float);
  return static_cast<float*>(std::align(64, numbers * sizeof(float), start, room));
}

/** The product of the first `axes` lengths. */
long count_of(const Shape& shape, size_t axes) {
  long count = 1;
  for (size_t i = 0; i < axes; i++) count *= shape[i];
  return count;
}

/** How an operation was asked for. */
struct Attributes {
  bool causal = false;
  float epsilon = 0;
  int32_t heads = 1;
};

void multiply(const Product& of) {
  if (of.depth == 0) {
    for (long row = 0; row < of.rows; row++)
      for (long j = 0; j < of.columns; j++) of.c[row * of.c_stride + j] = of.bias ? of.bias[j] : 0;
    return;
  }
  const Loops& with = *loops();
  // A tall product is cut both ways, so that a block of B is packed for a few hundred rows; a flat one in narrow columns.
  const long down = of.rows > 256 ? (of.rows + 399) / 400 : 1;
  const long width = of.rows > 256 ? with.columns : 128;
  const long across = (of.columns + width - 1) / width;
  share_out(down * across, [&](long part) {
    const long row = part % down, column = part / down;
    const Block block = {of.rows * row / down, of.rows * (row + 1) / down, column * width,
                         std::min(of.columns, (column + 1) * width)};
    with.product(of, block, scratch(with.scratch));
  });
}

/** x [..., depth] by weight [depth, columns], which fit, into the call's answer. */
void multiply(Call& call, Product of, Shape x, const Shape& weight) {
  of.rows = count_of(x, x.size() - 1);
  of.depth = of.a_stride = weight[0];
  of.columns = of.b_stride = of.c_stride = weight[1];
  x.back() = of.columns;
  of.c = call.output(x);
  if (of.c) multiply(of);
}

void product(Call& call, const Attributes&) {
  Shape a, b;
  Product of = {};
  of.a = call.input(0, &a);
  of.b = call.input(1, &b);
  if (call.expect(a.size() == 2 && b.size() == 2 && a[1] == b[0], "ClipProduct: shapes do not fit"))
    multiply(call, of, a, b);
}

void linear(Call& call, const Attributes&) {
  Shape x, weight, bias;
  Product of = {};
  of.a = call.input(0, &x);
  of.b = call.input(1, &weight);
  of.bias = call.input(2, &bias);
  if (call.expect(!x.empty() && weight.size() == 2 && bias.size() == 1 && x.back() == weight[0] && bias[0] == weight[1],
                  "ClipLinear: shapes do not fit"))
    multiply(call, of, x, weight);
}

void quick_gelu(Call& call, const Attributes&) {
  Shape shape;
  const float* x = call.input(0, &shape);
  float* y = call.expect(x, "ClipQuickGelu: no input") ? call.output(shape) : nullptr;
  if (!y) return;
  const long count = count_of(shape, shape.size()), size = 16384;
  share_out((count + size - 1) / size, [&](long part) {
    loops()->quick_gelu(x + part * size, y + part * size, std::min(size, count - part * size));
  });
}

void layer_norm(Call& call, const Attributes& given) {
  Shape shape, gain_shape, bias_shape;
  const float *x = call.input(0, &shape), *gain = call.input(1, &gain_shape), *bias = call.input(2, &bias_shape);
  if (!call.expect(!shape.empty() && gain_shape == Shape{shape.back()} && bias_shape == gain_shape,
                   "ClipLayerNorm: shapes do not fit"))
    return;
  float* y = call.output(shape);
  if (!y || shape.back() == 0) return;
  const long width = shape.back(), rows = count_of(shape, shape.size() - 1);
  const long step = std::max<long>(1, 16384 / width);
  share_out((rows + step - 1) / step, [&](long part) {
    const long first = part * step;
    loops()->layer_norm(x + first * width, gain, bias, y + first * width, std::min(step, rows - first), width,
                        given.epsilon);
  });
}

/** q, k and v side by side, [N, L, 3D] → softmax(q kᵀ / √(D/H) + mask) v of each head, side by side, [N, L, D]. */
void attention(Call& call, const Attributes& given) {
  Shape shape;
  const float* joint = call.input(0, &shape);
  const long heads = given.heads;
  if (!call.expect(shape.size() == 3 && heads > 0 && shape[2] % (3 * heads) == 0, "ClipAttention: shapes do not fit"))
    return;
  const long batch = shape[0], length = shape[1], width = shape[2] / 3, size = width / heads;
  float* answer = call.output({batch, length, width});
  if (!answer || length == 0 || size == 0) return;
  const Loops& with = *loops();
  share_out(batch * heads, [&](long part) {
    const float* q = joint + part / heads * length * 3 * width + part % heads * size;
    const long stride = (length + 15) / 16 * 16;  // whole vectors
    float* own = scratch(with.scratch + length * stride);
    float* scores = own + with.scratch;
    const Product of_q = {q, q + width, nullptr, scores, length, length, size, 3 * width, 3 * width, stride, true};
    for (long column = 0; column < length; column += with.columns)
      with.product(of_q, {0, length, column, std::min(length, column + with.columns)}, own);
    with.softmax(scores, length, length, stride, 1 / __builtin_sqrtf(size), given.causal);
    float* to = answer + part / heads * length * width + part % heads * size;
    const Product of_v = {scores, q + 2 * width, nullptr, to, length, size, length, stride, 3 * width, width, false};
    for (long column = 0; column < size; column += with.columns)
      with.product(of_v, {0, length, column, std::min(size, column + with.columns)}, own);
  });
}

struct Operation {
  const char* name;
  bool is_product;
  std::vector<const char*> inputs;
  std::vector<const char*> attributes;
  void (*compute)(void*, TF_OpKernelContext*);
};

template <void (*Compute)(Call&, const Attributes&)>
void compute(void* attributes, TF_OpKernelContext* context) {
  Call call(context);
  Compute(call, *static_cast<Attributes*>(attributes));
}

const Operation OPERATIONS[] = {
    {"ClipProduct", true, {"a: float", "b: float"}, {}, compute<product>},
    {"ClipLinear", true, {"x: float", "weight: float", "bias: float"}, {}, compute<linear>},
    {"ClipQuickGelu", false, {"x: float"}, {}, compute<quick_gelu>},
    {"ClipLayerNorm", false, {"x: float", "gain: float", "bias: float"}, {"epsilon: float"}, compute<layer_norm>},
    {"ClipAttention", false, {"joint: float"}, {"heads: int", "causal: bool"}, compute<attention>},
};

/** Those that the operation has not fail, and keep what they are. */
void* read_attributes(TF_OpKernelConstruction* from) {
  auto* to = new Attributes;
  TF_Status* status = TF_NewStatus();
  TF_Bool causal = 0;
  TF_OpKernelConstruction_GetAttrBool(from, "causal", &causal, status);
  to->causal = TF_GetCode(status) == TF_OK && causal;
  TF_OpKernelConstruction_GetAttrFloat(from, "epsilon", &to->epsilon, status);
  TF_OpKernelConstruction_GetAttrInt32(from, "heads", &to->heads, status);
  TF_DeleteStatus(status);
  return to;
}

void delete_attributes(void* attributes) { delete static_cast<Attributes*>(attributes); }

void unknown_shape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

const bool registered = [] {
  if (!loops()) return false;
  const bool is_intel = __builtin_cpu_is("intel");
  TF_Status* status = TF_NewStatus();
  for (const Operation& operation : OPERATIONS) {
    if (operation.is_product && !is_intel) continue;
    TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
    for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
    for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
    TF_OpDefinitionBuilderAddOutput(definition, "y: float");
    TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknown_shape);
    TF_RegisterOpDefinition(definition, status);
    TF_RegisterKernelBuilder(
        operation.name,
        TF_NewKernelBuilder(operation.name, "CPU", read_attributes, operation.compute, delete_attributes), status);
  }
  TF_DeleteStatus(status);
  return true;
}();

}  // namespace
}  // namespace clip_tfjs
