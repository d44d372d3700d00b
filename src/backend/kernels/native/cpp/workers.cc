// A crew of threads that wait for work: for a moment awake, since in a model the next operation follows at once, then
// asleep. They take no signals, which are the main thread's.
#include "workers.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace clip_tfjs {
namespace {

/** How long a thread stays awake: longer than JavaScript takes from one operation of a model to the next. */
constexpr std::chrono::microseconds AWAKE(500);

class Crew {
 public:
  explicit Crew(int helpers) {
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    for (; helpers > 0; helpers--) std::thread([this] { help(); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void run(long count, const std::function<void(long)>& part) {
    part_ = &part;
    count_ = count;
    done_ = 0;
    round_++;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ticket_ = round_ << 32 | count;
    }
    if (asleep_ > 0) wake_.notify_all();
    take_parts(round_);
    while (done_ < count) std::this_thread::yield();  // for parts that others are at; who has none is not waited for
  }

 private:
  /** Takes parts until none is left. The round beside their number keeps who is late from those of another round. */
  void take_parts(uint64_t round) {
    for (uint64_t ticket = ticket_; ticket >> 32 == round && static_cast<uint32_t>(ticket) > 0;) {
      if (!ticket_.compare_exchange_weak(ticket, ticket - 1)) continue;
      (*part_.load())(count_ - static_cast<uint32_t>(ticket));
      done_++;
      ticket = ticket_;
    }
  }

  void help() {
    for (uint64_t seen = 0;;) {
      const auto until = std::chrono::steady_clock::now() + AWAKE;
      while (ticket_ >> 32 == seen && std::chrono::steady_clock::now() < until) __builtin_ia32_pause();
      if (ticket_ >> 32 == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        asleep_++;
        wake_.wait(lock, [&] { return ticket_ >> 32 != seen; });
        asleep_--;
      }
      seen = ticket_ >> 32;
      take_parts(seen);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> asleep_{0};
  std::atomic<uint64_t> ticket_{0};  // the round, and how many parts of it nobody has taken
  std::atomic<long> done_{0};
  std::atomic<long> count_{0};
  std::atomic<const std::function<void(long)>*> part_{nullptr};
  uint64_t round_ = 0;
};

}  // namespace

int thread_count() {
  static const int count = [] {
    const char* told = getenv("TF_NUM_INTRAOP_THREADS");  // set before TensorFlow is loaded: src/backend/threads
    const int number = told ? atoi(told) : 0;
    return number > 0 ? number : static_cast<int>(std::thread::hardware_concurrency());
  }();
  return count;
}

void share_out(long count, const std::function<void(long)>& part) {
  static Crew* const crew = new Crew(thread_count() - 1);  // never freed: its threads run until the process ends
  static std::mutex one_at_a_time;
  std::unique_lock<std::mutex> lock(one_at_a_time, std::try_to_lock);
  if (count > 1 && lock.owns_lock() && thread_count() > 1) return crew->run(count, part);
  for (long i = 0; i < count; i++) part(i);  // another of Node's threads has the crew
}

}  // namespace clip_tfjs
