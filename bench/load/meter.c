#include "meter.h"
#include "measure.h"

Meter meter_read(int pid, u64 in, u64 out, u64 done) {
  return (Meter){
    .time = now_ns(), .own = own_cpu_ns(), .broker = process_cpu_ns(pid), .in = in, .out = out, .done = done};
}

void meter_print(const Meter *a, const Meter *b, int pid, double bytes_each) {
  double seconds = (double)(b->time - a->time) / 1e9;
  double in = (double)(b->in - a->in), out = (double)(b->out - a->out), done = (double)(b->done - a->done);
  /* A fill has no output and a drain no input; with both, a message costs half at its coming and half at its going. */
  double messages = in > 0 && out > 0 ? (in + out) / 2 : in + out;
  json_number("seconds", seconds);
  json_number("in", in);
  json_number("out", out);
  json_number("inPerSecond", in / seconds);
  json_number("outPerSecond", out / seconds);
  json_number("donePerSecond", done / seconds);
  json_number("inMbPerSecond", in * bytes_each / seconds / 1e6);
  json_number("outMbPerSecond", out * bytes_each / seconds / 1e6);
  if (messages > 0) json_number("ownCpuUs", (double)(b->own - a->own) / 1e3 / messages);
  if (!pid) return;
  if (messages > 0) json_number("brokerCpuUs", (double)(b->broker - a->broker) / 1e3 / messages);
  json_number("brokerCores", (double)(b->broker - a->broker) / 1e9 / seconds);
  json_number("rssMb", process_mb(pid, "VmRSS"));
  json_number("peakMb", process_mb(pid, "VmHWM"));
}
