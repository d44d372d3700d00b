// The loops for processors with AVX2 and FMA: nearly all others.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "loops.h"

// From here on, and not before: what the standard library defines must run on every processor.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define LANES 8
#define REGISTERS 16
#define LOOPS AVX2
#include "loops.inc"
#ifdef __clang__
#pragma clang attribute pop
#endif
