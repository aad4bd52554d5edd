/* Is a site reached often enough, in time, to be worth machine code?
 *
 * A count alone says only that a site was reached N times since the program began.  In code with a flat profile - a request, a
 * parser, a set-up function that runs many different instructions once a call - every site gets there in the end, and none
 * repays its trace: before control comes back, other traces have pushed its machine code out of the processor's caches, and
 * to fetch code costs more than to interpret bytecode, which is some fifty times smaller.
 *
 * So the last quarter of a site's count is a window.  When the window begins, the time is noted; at its end the site is hot if it was
 * reached more often than `min_rate` times a second of the thread's own time (what it waits, and what other threads do in C, does not
 * count).  Otherwise it counts anew.  The times stand in a table found by the site's address; two sites that share an entry, or two
 * threads that reach one site, make each other count again.
 *
 * The more machine code there is, the less of it stays in the processor's caches, and the more often a site has to be reached: twice as
 * often with each DOUBLING bytes.  Small programs get traces early, large ones for their hot spots.
 *
 * A window costs two calls of the clock.  Thresholds of less than 8 have no window: tests set those.
 */
#include "Python.h"

#ifdef _Py_TIER2

#include <time.h>
#include "pycore_time.h"
#include "pycore_jit_engine.h"

#define WINDOW_SHARE 4         // of the threshold
#define MOST_IN_WINDOW 64
#define DOUBLING (256 << 10)   // with so many bytes of machine code more, twice the rate is asked for
#define MOST_DOUBLINGS 10      // what is much hotter than all else gets a trace in the largest program, too
#define SITES 1024
#define NS_PER_SECOND 1000000000

typedef struct {
    const void *site;          // never followed
    unsigned long thread;
    PyTime_t since;            // ns
    uint64_t count;            // of what leads to the site
} Window;

static Window windows[SITES];  // guarded by the main interpreter's GIL
static uint64_t counted;       // in the last window that ended

/* ns of processor time of this thread. */
static PyTime_t
processor_time(void)
{
#ifdef CLOCK_THREAD_CPUTIME_ID
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0) {
        return (PyTime_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
    }
#endif
    PyTime_t now_raw = 0;
    (void)PyTime_MonotonicRaw(&now_raw);
    return now_raw;
}

/* How many times of THRESHOLD are counted against the clock. */
static uint32_t
window_of(uint32_t threshold)
{
    if (ENGINE->options.min_rate == 0 || threshold < 2 * WINDOW_SHARE) {
        return 0;
    }
    return Py_MIN(threshold / WINDOW_SHARE, MOST_IN_WINDOW);
}

uint32_t
_PyJitRate_FirstWait(uint32_t threshold)
{
    return threshold - window_of(threshold);
}

uint32_t
_PyJitRate_Wait(const void *site, uint32_t threshold, uint64_t count)
{
    uint32_t window = window_of(threshold);
    if (window == 0) {
        return 0;
    }
    Window *w = &windows[((uintptr_t)site >> 1) % SITES];
    PyTime_t now = processor_time();
    unsigned long thread = PyThread_get_thread_ident();
    if (w->site != site || w->thread != thread) {
        *w = (Window){.site = site, .thread = thread, .since = now, .count = count};
        return window;
    }
    w->site = NULL;
    counted = count - w->count;
    PyTime_t rate = (PyTime_t)ENGINE->options.min_rate << Py_MIN(ENGINE->code_bytes / DOUBLING, MOST_DOUBLINGS);
    if ((now - w->since) / window <= NS_PER_SECOND / rate) {
        return 0;
    }
    ENGINE->counters.too_rare++;
    return threshold - window;
}

bool
_PyJitRate_AllCame(uint32_t threshold)
{
    uint32_t window = window_of(threshold);
    return window > 0 && counted <= window + window / 32;
}

#endif /* _Py_TIER2 */
