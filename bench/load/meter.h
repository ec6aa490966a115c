/* What was counted at one moment, and the figures between two of them. */
#ifndef METER_H
#define METER_H
#include "bytes.h"

typedef struct { u64 time, own, broker, in, out, done; } Meter; /* in: published; out: received; done: confirmed */
Meter meter_read(int pid, u64 in, u64 out, u64 done);
void meter_print(const Meter *from, const Meter *to, int pid, double bytes_each);

#endif
