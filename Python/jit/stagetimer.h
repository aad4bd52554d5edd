
#include <x86intrin.h>
#include <stdio.h>
#include <stdlib.h>
extern unsigned long long StageT[16]; extern unsigned long StageN[16];
static inline unsigned long long stage_now(void){unsigned a;return __rdtscp(&a);}
#define STAGE_BEGIN unsigned long long stage_t0 = stage_now()
#define STAGE(I) do { unsigned long long t1 = stage_now(); StageT[I] += t1 - stage_t0; StageN[I]++; stage_t0 = t1; } while (0)
