/* Time, histograms, what a process costs, and the end of a run that went wrong. */
#ifndef MEASURE_H
#define MEASURE_H
#include "bytes.h"
#include <stdio.h>

/* Ends the process with status 1 and one line {"error": ...} on stdout: a failed run has no figures. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

u64 now_ns(void);           /* monotonic */
u64 own_cpu_ns(void);       /* user + system time of this process */
u64 process_cpu_ns(int pid); /* of another, in steps of 10 ms; 0 for pid 0 */
double process_mb(int pid, const char *field); /* VmRSS or VmHWM in MB (10^6), -1 when unknown */
void reset_peak(int pid);   /* VmHWM starts again from here, where the kernel lets us */

/* Nanoseconds in buckets of 1/128 of an octave, so that a percentile is exact to 0.8 %. */
enum { HIST_SUB = 128, HIST_BUCKETS = 58 * HIST_SUB };
typedef struct { u64 n, max, bucket[HIST_BUCKETS]; } Hist;
void hist_add(Hist *h, u64 ns, u64 times);
double hist_us(const Hist *h, double quantile); /* microseconds; 0 when empty */

/* One JSON object on one line. */
void json_open(const char *kind);
void json_number(const char *name, double value);
void json_latency(const char *name, const Hist *h); /* p50, p99, p999 and max, in microseconds */
void json_close(void);

#endif
