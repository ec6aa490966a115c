#include "amqp-load.h"
#include "socket.h"
#include <stdlib.h>

void consumer_open(Consumer *k, Run *run, int id) {
  const Options *o = run->o;
  *k = (Consumer){.kind = CONSUMER, .run = run, .c = amqp_open(o), .shared = o->consumers > o->queues,
                  .expected = calloc(PRODUCERS_MAX, sizeof(u64)), .in = malloc(INPUT_BYTES), .out = malloc(ACKS_BYTES)};
  char queue[256];
  queue_name(queue, o, id % o->queues);
  amqp_consume(&k->c, queue, !o->ack, o->prefetch);
  set_blocking(k->c.fd, false);
  poll_add(run->poll, k->c.fd, k);
}

void consumer_flush(Consumer *k) {
  if (k->out_sent < k->out_at) k->out_sent += (size_t)send_some(k->c.fd, k->out + k->out_sent, k->out_at - k->out_sent);
  bool more = k->out_sent < k->out_at;
  if (!more) k->out_sent = k->out_at = 0;
  if (more != k->writable) poll_writable(k->run->poll, k->c.fd, k, more);
  k->writable = more;
}

static void ack(Consumer *k, bool multiple) {
  if (ACKS_BYTES - k->out_at < ACK_BYTES) {
    send_all(k->c.fd, k->out + k->out_sent, k->out_at - k->out_sent);
    k->out_sent = k->out_at = 0;
  }
  put_ack(k->out + k->out_at, k->last_tag, multiple);
  k->out_at += ACK_BYTES;
  k->unacked = 0;
  if (k->run->o->split) consumer_flush(k);
}

void consumer_ack_rest(Consumer *k) {
  if (k->unacked) ack(k, true);
  send_all(k->c.fd, k->out + k->out_sent, k->out_at - k->out_sent);
  k->out_sent = k->out_at = 0;
}

/* Which of several consumers of one queue gets a message is open, but each message comes once, and to each in order. */
static void check_shared(Consumer *k, unsigned from, u64 number) {
  Run *run = k->run;
  if (number < k->expected[from])
    fail("misordered: %llu after %llu", (unsigned long long)number, (unsigned long long)k->expected[from]);
  if (number >= run->seen_bits[from]) {
    u64 bits = run->seen_bits[from] ? run->seen_bits[from] : 1 << 16;
    while (bits <= number) bits *= 2;
    run->seen[from] = realloc(run->seen[from], bits / 8);
    memset(run->seen[from] + run->seen_bits[from] / 8, 0, (bits - run->seen_bits[from]) / 8);
    run->seen_bits[from] = bits;
  }
  if (run->seen[from][number / 8] >> number % 8 & 1) fail("duplicate: %llu", (unsigned long long)number);
  run->seen[from][number / 8] |= (u8)(1 << number % 8);
  k->expected[from] = number + 1;
}

static void count_latency(Consumer *k, u64 time) {
  if (time != k->same_time || !time) {
    if (k->same_n && k->run->now > k->same_time) hist_add(&k->run->deliver, k->run->now - k->same_time, k->same_n);
    k->same_time = time;
    k->same_n = 0;
  }
  k->same_n++;
}

static void message_whole(Consumer *k) {
  u64 stamp = get64(k->stamp), number = stamp & 0xffffffffffffull;
  unsigned from = (unsigned)(stamp >> 48);
  if (from >= PRODUCERS_MAX) fail("a message of producer %u", from);
  if (k->shared) check_shared(k, from, number);
  else {
    if (number != k->expected[from])
      fail("misordered: message %llu where %llu was expected", (unsigned long long)number,
           (unsigned long long)k->expected[from]);
    k->expected[from] += k->run->o->stride;
  }
  k->in_message = false;
  k->run->received++;
  if (k->run->measuring) count_latency(k, get64(k->stamp + 8));
  u64 every = k->run->o->ack;
  if (every && ++k->unacked >= every) ack(k, every > 1);
}

static void header(Consumer *k, const u8 *payload, u32 size) {
  if (!k->in_message || k->body_left || k->body_at) fail("a header frame out of turn");
  if (size < 14 || get64(payload + 4) != k->run->o->size)
    fail("a body of %llu bytes", (unsigned long long)get64(payload + 4));
  k->body_left = k->run->o->size;
}

static void body(Consumer *k, const u8 *payload, u32 size) {
  if (size > k->body_left) fail("a body frame out of turn");
  size_t skip = 0;
  if (!k->body_at) {
    memcpy(k->stamp, payload, 16);
    skip = 16;
  }
  if (size > skip && memcmp(payload + skip, k->run->body + k->body_at + skip, size - skip))
    fail("a body was changed on the way");
  k->body_at += size;
  k->body_left -= size;
  if (!k->body_left) {
    k->body_at = 0;
    message_whole(k);
  }
}

static void method(Consumer *k, Reader *r) {
  u32 id = r32(r);
  if (id != BASIC_DELIVER) {
    if (!amqp_unasked(&k->c, id, r)) fail("method %u.%u on a consumer", id >> 16, id & 0xffff);
    return;
  }
  if (k->in_message) fail("a delivery inside another");
  r_skip(r, r8(r));
  u64 tag = r64(r);
  if (tag != k->last_tag + 1)
    fail("delivery tag %llu after %llu", (unsigned long long)tag, (unsigned long long)k->last_tag);
  k->last_tag = tag;
  k->in_message = true;
}

void consumer_input(Consumer *k) {
  k->have += (size_t)receive_some(k->c.fd, k->in + k->have, INPUT_BYTES - k->have);
  k->run->now = now_ns();
  size_t at = 0;
  while (k->have - at >= FRAME_EXTRA) {
    const u8 *f = k->in + at;
    u32 size = get32(f + 3);
    if (size > INPUT_BYTES - FRAME_EXTRA) fail("a frame of %u bytes", size);
    if (k->have - at < size + FRAME_EXTRA) break;
    if (f[FRAME_HEAD + size] != FRAME_END) fail("a frame without its end");
    if (f[0] == FRAME_METHOD) method(k, &(Reader){.base = f + FRAME_HEAD, .end = size});
    else if (f[0] == FRAME_HEADER) header(k, f + FRAME_HEAD, size);
    else if (f[0] == FRAME_BODY) body(k, f + FRAME_HEAD, size);
    else if (f[0] != FRAME_HEARTBEAT) fail("a frame of type %u", f[0]);
    at += size + FRAME_EXTRA;
  }
  memmove(k->in, k->in + at, k->have -= at);
  if (k->same_n && k->run->now > k->same_time) hist_add(&k->run->deliver, k->run->now - k->same_time, k->same_n);
  k->same_n = k->same_time = 0;
  consumer_flush(k);
}
