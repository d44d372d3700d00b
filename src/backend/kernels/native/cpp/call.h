// What our operations are given by TensorFlow: tensors in, one tensor out.
#pragma once
#include <vector>

#include "tensorflow/c/tf_tensor.h"

// What is used of tensorflow/c/kernels.h, which includes headers of the whole of TensorFlow.
extern "C" {
struct TF_KernelBuilder;
struct TF_OpKernelConstruction;
struct TF_OpKernelContext;
TF_KernelBuilder* TF_NewKernelBuilder(const char* operation, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                      void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder* builder, TF_Status* status);
void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction*, const char* name, TF_Bool* value, TF_Status* status);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char* name, float* value, TF_Status* status);
void TF_OpKernelConstruction_GetAttrInt32(TF_OpKernelConstruction*, const char* name, int32_t* value, TF_Status* status);
void TF_GetInput(TF_OpKernelContext*, int index, TF_Tensor** tensor, TF_Status* status);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int index, TF_DataType type, const int64_t* sizes, int rank, size_t bytes,
                             TF_Status* status);
void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status* status);
}

namespace clip_tfjs {

using Shape = std::vector<int64_t>;

/** What an operation computes with; the first thing that is wrong ends it, with a message. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  const float* input(int index, Shape* shape) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    if (!tensor) return nullptr;
    tensors_.push_back(tensor);
    shape->resize(TF_NumDims(tensor));
    for (size_t i = 0; i < shape->size(); i++) (*shape)[i] = TF_Dim(tensor, i);
    return static_cast<const float*>(TF_TensorData(tensor));
  }

  float* output(const Shape& shape) {
    size_t size = sizeof(float);
    for (int64_t length : shape) size *= length;
    TF_Tensor* tensor = TF_AllocateOutput(context_, 0, TF_FLOAT, shape.data(), shape.size(), size, status_);
    if (!tensor) return nullptr;
    tensors_.push_back(tensor);
    return static_cast<float*>(TF_TensorData(tensor));
  }

  /** Whether `fits`; if not, the operation fails. */
  bool expect(bool fits, const char* what) {
    if (!fits && TF_GetCode(status_) == TF_OK) TF_SetStatus(status_, TF_INVALID_ARGUMENT, what);
    return fits && TF_GetCode(status_) == TF_OK;
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

}  // namespace clip_tfjs
