#include "measure.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void fail(const char *format, ...) {
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  for (char *c = text; *c; c++)
    if (*c == '"' || *c == '\\' || (u8)*c < 32) *c = '\'';
  printf("{\"error\":\"%s\"}\n", text);
  fflush(stdout);
  exit(1);
}

static u64 clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}
u64 now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
u64 own_cpu_ns(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

u64 process_cpu_ns(int pid) {
  if (!pid) return 0;
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f || !fgets(line, sizeof line, f)) fail("no process %d (--pid)", pid);
  fclose(f);
  /* The name in parentheses may hold spaces: count fields from the last parenthesis, where field 3 follows. */
  unsigned long user = 0, system = 0;
  sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  return (user + system) * (1000000000u / (u64)sysconf(_SC_CLK_TCK));
}

double process_mb(int pid, const char *field) {
  if (!pid) return -1;
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *f = fopen(path, "r");
  if (!f) return -1;
  double kib = -1;
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, field, strlen(field))) kib = atof(line + strlen(field) + 1);
  fclose(f);
  return kib < 0 ? -1 : kib * 1024 / 1e6;
}

void reset_peak(int pid) {
  if (!pid) return;
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/clear_refs", pid);
  FILE *f = fopen(path, "w");
  if (!f) return;
  fputs("5", f);
  fclose(f);
}

static unsigned bucket_of(u64 ns) {
  if (ns < HIST_SUB) return (unsigned)ns;
  unsigned shift = (unsigned)(63 - __builtin_clzll(ns)) - 7;
  unsigned b = (shift + 1) * HIST_SUB + (unsigned)(ns >> shift) - HIST_SUB;
  return b < HIST_BUCKETS ? b : HIST_BUCKETS - 1;
}
static u64 middle_of(unsigned b) {
  if (b < HIST_SUB) return b;
  unsigned shift = b / HIST_SUB - 1;
  return ((u64)(b % HIST_SUB + HIST_SUB) << shift) + ((1ull << shift) >> 1);
}
void hist_add(Hist *h, u64 ns, u64 times) {
  h->bucket[bucket_of(ns)] += times;
  h->n += times;
  if (ns > h->max) h->max = ns;
}
double hist_us(const Hist *h, double quantile) {
  if (!h->n) return 0;
  u64 rank = (u64)ceil(quantile * (double)h->n), seen = 0;
  for (unsigned b = 0; b < HIST_BUCKETS; b++)
    if ((seen += h->bucket[b]) >= rank && seen) return (double)middle_of(b) / 1e3;
  return (double)h->max / 1e3;
}

void json_open(const char *kind) { printf("{\"kind\":\"%s\"", kind); }
void json_number(const char *name, double value) { printf(",\"%s\":%.10g", name, value); }
void json_latency(const char *name, const Hist *h) {
  if (!h->n) return;
  printf(",\"%s\":{\"n\":%llu,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}", name, (unsigned long long)h->n,
         hist_us(h, 0.5), hist_us(h, 0.99), hist_us(h, 0.999), (double)h->max / 1e3);
}
void json_close(void) {
  puts("}");
  fflush(stdout);
}
