#include "kafka-load.h"
#include "socket.h"
#include <stdlib.h>
#include <time.h>

/* Its partitions are each `producers`th, so that nobody else has them while there are enough. */
static void choose_targets(KafkaProducer *p) {
  const Options *o = p->run->o;
  p->target = calloc((size_t)o->queues, sizeof *p->target);
  p->stride = o->producers < o->queues ? o->producers : o->queues;
  for (int i = (int)p->id % o->queues; i < o->queues; i += p->stride) p->target[p->targets++].number = i;
  if (o->spread < 1) fail("--spread is 1 at least");
  p->spread = o->spread < p->targets ? o->spread : p->targets;
  p->alone = o->producers <= o->queues;
}

void kafka_producer_open(KafkaProducer *p, KafkaRun *run, int id) {
  const Options *o = run->o;
  if (o->in_flight < 1 || o->in_flight > IN_FLIGHT_MAX) fail("--in-flight is 1 to %d", IN_FLIGHT_MAX);
  *p = (KafkaProducer){.kind = 0, .run = run, .id = (u64)id, .fd = kafka_open(o)};
  choose_targets(p);
  size_t each = o->batch + o->size + 4096, cap = each * ((size_t)p->spread + 1);
  p->image = malloc(cap);
  Writer batch = {.base = malloc(each), .cap = each}, w = {.base = p->image, .cap = cap};
  p->batch = w_batch(&batch, o->size, o->batch, (int64_t)time(NULL) * 1000);
  request_begin(&w, PRODUCE, PRODUCE_VERSION, 0, true);
  w_varint(&w, 0);
  w16(&w, (u16)o->acks);
  w32(&w, 30000);
  w_varint(&w, 2);
  w_compact_string(&w, run->topic);
  w_varint(&w, (u64)p->spread + 1);
  p->first_at = w.at;
  for (int i = 0; i < p->spread; i++) {
    w32(&w, 0);
    w_varint(&w, p->batch.length + 1);
    w_bytes(&w, batch.base, p->batch.length);
    w8(&w, 0);
    p->step = (w.at - p->first_at) / ((size_t)i + 1);
  }
  w8(&w, 0);
  w8(&w, 0);
  request_end(&w, 0);
  free(batch.base);
  p->length = p->sent = w.at;
  u64 of_one = (u64)p->spread * p->batch.records, of_all = (u64)o->producers * of_one;
  p->limit = o->count ? (o->count + of_all - 1) / of_all : UINT64_MAX;
  set_blocking(p->fd, false);
  poll_add(run->poll, p->fd, p);
}

/* The partition that the `i`th batch of a request is for. */
static Target *target_of(const KafkaProducer *p, u64 request, int i) {
  return &p->target[(request * (u64)p->spread + (u64)i) % (u64)p->targets];
}

static void stamp(KafkaProducer *p, u64 now) {
  put32(p->image + CORRELATION_AT, (u32)p->next);
  for (int i = 0; i < p->spread; i++) {
    Target *target = target_of(p, p->next, i);
    u8 *to = p->image + p->first_at + (size_t)i * p->step;
    put32(to, (u32)target->number);
    batch_stamp(to + p->step - 1 - p->batch.length, &p->batch, p->id << 48 | target->sent++, now);
  }
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
      stamp(p, now);
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

static void answer_of_one(KafkaProducer *p, Reader *r) {
  int number = (int)r32(r), at = (number - p->target[0].number) / p->stride;
  if (at < 0 || at >= p->targets || p->target[at].number != number) fail("a produce reply for partition %d", number);
  Target *target = &p->target[at];
  u16 error = r16(r);
  if (error) fail("Produce to partition %d: error %d", number, (int16_t)error);
  u64 offset = r64(r);
  if (p->alone && offset != target->offset)
    fail("base offset %llu where %llu was expected", (unsigned long long)offset, (unsigned long long)target->offset);
  target->offset = offset + p->batch.records;
  target->answered++;
  r_skip(r, 16);
  if (r_varint(r) > 1) fail("a produce reply tells of records");
  r_compact(r);
  r_tags(r);
}

static void answer(KafkaProducer *p, Reader *r) {
  KafkaRun *run = p->run;
  u32 correlation = r32(r);
  if (correlation != (u32)p->answered || p->answered == p->next) fail("a produce reply out of turn");
  r_tags(r);
  if (r_varint(r) != 2) fail("a produce reply for another number of topics");
  r_compact(r);
  if (r_varint(r) != (u64)p->spread + 1) fail("a produce reply for another number of partitions");
  for (int i = 0; i < p->spread; i++) answer_of_one(p, r);
  u64 rounds = (p->answered + 1) * (u64)p->spread;
  for (int i = 0; i < p->spread; i++) {
    const Target *target = target_of(p, p->answered, i);
    u64 before = (u64)(target - p->target);
    if (target->answered != (rounds - before + (u64)p->targets - 1) / (u64)p->targets)
      fail("a produce reply without partition %d", target->number);
  }
  run->produced += (u64)p->spread * p->batch.records;
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
