// Threads that share the parts of one piece of work. There is one crew in a process, of as many threads as TensorFlow has.
#pragma once
#include <functional>

namespace clip_tfjs {

int thread_count();

/** Runs `part` for 0 … count − 1, each once, in any order and on any thread, and returns when all are done. */
void share_out(long count, const std::function<void(long)>& part);

}  // namespace clip_tfjs
