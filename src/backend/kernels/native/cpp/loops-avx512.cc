// The loops for processors with AVX-512: Intel's servers from Skylake on, AMD's from Zen 4 on.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "loops.h"

// From here on, and not before: what the standard library defines must run on every processor.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#endif
#define LANES 16
#define REGISTERS 32
#define LOOPS AVX512
#include "loops.inc"
#ifdef __clang__
#pragma clang attribute pop
#endif
