#include "kafka-load.h"
#include "socket.h"
#include <stdlib.h>
#include <time.h>

void kafka_producer_open(KafkaProducer *p, KafkaRun *run, int id) {
  const Options *o = run->o;
  if (o->in_flight < 1 || o->in_flight > IN_FLIGHT_MAX) fail("--in-flight is 1 to %d", IN_FLIGHT_MAX);
  *p = (KafkaProducer){.kind = 0, .run = run, .id = (u64)id, .fd = kafka_open(o), .partition = id % o->queues,
                       .alone = o->producers <= o->queues};
  size_t cap = o->batch + o->size + 4096;
  p->image = malloc(cap);
  Writer batch = {.base = malloc(cap), .cap = cap}, w = {.base = p->image, .cap = cap};
  p->batch = w_batch(&batch, o->size, o->batch, (int64_t)time(NULL) * 1000);
  request_begin(&w, PRODUCE, PRODUCE_VERSION, 0, true);
  w_varint(&w, 0);
  w16(&w, (u16)o->acks);
  w32(&w, 30000);
  w_varint(&w, 2);
  w_compact_string(&w, run->topic);
  w_varint(&w, 2);
  w32(&w, (u32)p->partition);
  w_varint(&w, p->batch.length + 1);
  p->batch_at = w.at;
  w_bytes(&w, batch.base, p->batch.length);
  for (int i = 0; i < 3; i++) w8(&w, 0);
  request_end(&w, 0);
  free(batch.base);
  p->length = p->sent = w.at;
  u64 each = (u64)o->producers * p->batch.records;
  p->limit = o->count ? (o->count + each - 1) / each : UINT64_MAX;
  set_blocking(p->fd, false);
  poll_add(run->poll, p->fd, p);
}

static bool may_send(const KafkaProducer *p) {
  const Options *o = p->run->o;
  return !p->run->stopping && p->next < p->limit && p->next - p->answered < (u64)o->in_flight &&
         (o->rate <= 0 || p->next < p->run->due);
}

void kafka_producer_pump(KafkaProducer *p) {
  for (;;) {
    if (p->sent == p->length) {
      if (!may_send(p)) break;
      u64 now = now_ns();
      put32(p->image + CORRELATION_AT, (u32)p->next);
      batch_stamp(p->image + p->batch_at, &p->batch, p->id << 48 | p->next, now);
      p->sent_at[p->next % IN_FLIGHT_MAX] = now;
      p->next++;
      p->sent = 0;
    }
    p->sent += (size_t)send_some(p->fd, p->image + p->sent, p->length - p->sent);
    if (p->sent < p->length) break;
  }
  bool more = p->sent < p->length;
  if (more != p->writable) poll_writable(p->run->poll, p->fd, p, more);
  p->writable = more;
}

static void answer(KafkaProducer *p, Reader *r) {
  KafkaRun *run = p->run;
  u32 correlation = r32(r);
  if (correlation != (u32)p->answered || p->answered == p->next) fail("a produce reply out of turn");
  r_tags(r);
  if (r_varint(r) != 2) fail("a produce reply for another number of topics");
  r_compact(r);
  if (r_varint(r) != 2 || (int)r32(r) != p->partition) fail("a produce reply for another partition");
  u16 error = r16(r);
  if (error) fail("Produce: error %d", (int16_t)error);
  u64 offset = r64(r);
  if (p->alone && offset != p->offset)
    fail("base offset %llu where %llu was expected", (unsigned long long)offset, (unsigned long long)p->offset);
  p->offset = offset + p->batch.records;
  run->produced += p->batch.records;
  run->requests++;
  if (run->measuring) hist_add(&run->produce, run->now - p->sent_at[p->answered % IN_FLIGHT_MAX], 1);
  p->answered++;
}

void kafka_producer_input(KafkaProducer *p) {
  p->have += (size_t)receive_some(p->fd, p->in + p->have, sizeof p->in - p->have);
  p->run->now = now_ns();
  size_t at = 0;
  while (p->have - at >= 4) {
    u32 size = get32(p->in + at);
    if (size > sizeof p->in - 4) fail("a produce reply of %u bytes", size);
    if (p->have - at - 4 < size) break;
    answer(p, &(Reader){.base = p->in + at + 4, .end = size});
    at += 4 + size;
  }
  memmove(p->in, p->in + at, p->have -= at);
}
