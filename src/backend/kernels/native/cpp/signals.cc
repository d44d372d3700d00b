// No signal reaches a thread of TensorFlow's while it computes. oneDNN's products of matrices keep numbers where a handler
// of a signal has its stack, so that one that came at the wrong moment, Ctrl-C or a profiler's, broke the memory or the
// product. It waits for the operation's end instead. The linker puts these in the binding's calls: `--wrap`, in
// src/backend/setup/binding.node.ts.
#include <pthread.h>
#include <signal.h>

#include "tensorflow/c/eager/c_api.h"

namespace {

/** Of an instruction that fails: they cannot wait. */
constexpr int FAULTS[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};

/** While it lives, other signals do. */
class Undisturbed {
 public:
  Undisturbed() {
    sigset_t waiting;
    sigfillset(&waiting);
    for (const int fault : FAULTS) sigdelset(&waiting, fault);
    pthread_sigmask(SIG_BLOCK, &waiting, &before_);
  }
  ~Undisturbed() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

extern "C" {

TFE_Context* __real_TFE_NewContext(const TFE_ContextOptions* options, TF_Status* status);
void __real_TFE_Execute(TFE_Op* operation, TFE_TensorHandle** answers, int* count, TF_Status* status);

/** Starts TensorFlow's threads, which take over what their maker lets through. */
TFE_Context* __wrap_TFE_NewContext(const TFE_ContextOptions* options, TF_Status* status) {
  const Undisturbed undisturbed;
  return __real_TFE_NewContext(options, status);
}

void __wrap_TFE_Execute(TFE_Op* operation, TFE_TensorHandle** answers, int* count, TF_Status* status) {
  const Undisturbed undisturbed;
  __real_TFE_Execute(operation, answers, count, status);
}

}
