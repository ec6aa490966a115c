#include "kafka-load.h"
#include "socket.h"
#include <stdlib.h>

enum { FETCH_MAX = 50 << 20 };

static void fetch(KafkaConsumer *k) {
  const Options *o = k->run->o;
  static u8 out[65536];
  Writer w = {.base = out, .cap = sizeof out};
  request_begin(&w, FETCH, FETCH_VERSION, ++k->correlation, true);
  w32(&w, UINT32_MAX);
  w32(&w, 500);
  w32(&w, 1);
  w32(&w, FETCH_MAX);
  w8(&w, 0);
  w32(&w, 0);
  w32(&w, UINT32_MAX);
  w_varint(&w, 2);
  w_compact_string(&w, k->run->topic);
  w_varint(&w, (u64)k->partitions + 1);
  for (int i = 0; i < k->partitions; i++) {
    w32(&w, (u32)k->partition[i].number);
    w32(&w, UINT32_MAX);
    w64(&w, k->partition[i].offset);
    w32(&w, UINT32_MAX);
    w64(&w, UINT64_MAX);
    w32(&w, (u32)o->fetch_bytes);
    w8(&w, 0);
  }
  w8(&w, 0);
  w_varint(&w, 1);
  w_compact_string(&w, "");
  w8(&w, 0);
  request_end(&w, 0);
  send_all(k->fd, out, w.at);
}

void kafka_consumer_open(KafkaConsumer *k, KafkaRun *run, int id) {
  const Options *o = run->o;
  *k = (KafkaConsumer){.kind = 1, .run = run, .id = id, .fd = kafka_open(o)};
  k->partition = calloc((size_t)o->queues, sizeof *k->partition);
  for (int i = id; i < o->queues; i += o->consumers)
    k->partition[k->partitions++] = (Partition){.number = i, .expected = calloc(KAFKA_CONNECTIONS_MAX, sizeof(u64))};
  size_t all = o->fetch_bytes * (size_t)k->partitions;
  k->cap = (all < FETCH_MAX ? all : FETCH_MAX) + (o->batch + o->size + 100) * (size_t)k->partitions + (1 << 20);
  k->in = malloc(k->cap);
  set_blocking(k->fd, false);
  poll_add(run->poll, k->fd, k);
  fetch(k);
}

static void records(KafkaConsumer *k, Partition *p, const u8 *bytes, size_t n) {
  KafkaRun *run = k->run;
  for (size_t at = 0; at < n;) {
    const u8 *stamp;
    u32 count;
    bool crc = run->o->verify > 0 && p->batches % (u64)run->o->verify == 0;
    size_t length = batch_check(bytes + at, n - at, p->offset, crc, &stamp, &count);
    if (!length) break;
    u64 number = get64(stamp) & 0xffffffffffffull, from = get64(stamp) >> 48, time = get64(stamp + 8);
    if (from >= KAFKA_CONNECTIONS_MAX || number != p->expected[from])
      fail("misordered: batch %llu of producer %llu", (unsigned long long)number, (unsigned long long)from);
    p->expected[from]++;
    p->batches++;
    p->offset += count;
    run->fetched += count;
    if (run->measuring && run->now > time) hist_add(&run->deliver, run->now - time, 1);
    at += length;
  }
}

static void answer(KafkaConsumer *k, Reader *r) {
  if (r32(r) != k->correlation) fail("a fetch reply out of turn");
  r_tags(r);
  r32(r);
  u16 error = r16(r);
  if (error) fail("Fetch: error %d", (int16_t)error);
  r32(r);
  for (u64 topics = r_varint(r); topics > 1; topics--) {
    r_compact(r);
    for (u64 n = r_varint(r); n > 1; n--) {
      int number = (int)r32(r), i = (number - k->id) / k->run->o->consumers;
      error = r16(r);
      if (error) fail("Fetch of partition %d: error %d", number, (int16_t)error);
      r_skip(r, 24);
      for (u64 aborted = r_varint(r); aborted > 1; aborted--) {
        r_skip(r, 16);
        r_tags(r);
      }
      r32(r);
      u64 bytes = r_varint(r);
      size_t at = r->at;
      if (bytes) r_skip(r, bytes - 1);
      if (i < 0 || i >= k->partitions || k->partition[i].number != number) fail("a fetch reply with partition %d", number);
      if (bytes > 1) records(k, &k->partition[i], r->base + at, bytes - 1);
      r_tags(r);
    }
    r_tags(r);
  }
}

void kafka_consumer_input(KafkaConsumer *k) {
  k->have += (size_t)receive_some(k->fd, k->in + k->have, k->cap - k->have);
  if (k->have < 4) return;
  u32 size = get32(k->in);
  if (size > k->cap - 4) fail("a fetch reply of %u bytes, more than was asked for", size);
  if (k->have < size + 4) return;
  if (k->have > size + 4) fail("more than the fetch reply");
  k->run->now = now_ns();
  answer(k, &(Reader){.base = k->in + 4, .end = size});
  k->have = 0;
  fetch(k);
}
