#include "amqp-load.h"
#include "socket.h"
#include <stdlib.h>

void queue_name(char *to, const Options *o, int number) { snprintf(to, 256, "%s-%d", o->name, number); }

void producer_open(Producer *p, Run *run, int id) {
  const Options *o = run->o;
  *p = (Producer){.kind = PRODUCER, .run = run, .id = id, .c = amqp_open(o), .in = malloc(INPUT_BYTES)};
  p->limit = o->count ? o->count / (u64)o->producers + (id == 0 ? o->count % (u64)o->producers : 0) : UINT64_MAX;
  if (o->confirms) {
    amqp_confirm_select(&p->c);
    for (p->ring = 64; p->ring <= o->confirms;) p->ring *= 2;
    p->sent_at = calloc(p->ring, sizeof *p->sent_at);
    p->acked = calloc(p->ring, 1);
  }
  char queue[256];
  queue_name(queue, o, id % o->queues);
  size_t cap = CHUNK_BYTES + o->size * 2 + 4096;
  p->chunk = malloc(cap);
  Writer w = {.base = p->chunk, .cap = cap};
  w_message(&w, queue, o->size, o->persistent, o->props, p->c.frame_max, &p->stamp);
  p->length = w.at;
  p->per = CHUNK_BYTES / p->length ? CHUNK_BYTES / p->length : 1;
  for (size_t i = 1; i < p->per; i++) memcpy(p->chunk + i * p->length, p->chunk, p->length);
  set_blocking(p->c.fd, false);
  poll_add(run->poll, p->c.fd, p);
}

static u64 least(u64 a, u64 b) { return a < b ? a : b; }

static u64 room(const Producer *p) {
  const Run *run = p->run;
  const Options *o = run->o;
  if (run->stopping || p->next >= p->limit) return 0;
  u64 n = least(p->per, p->limit - p->next);
  if (o->confirms) n = least(n, o->confirms - (p->next - p->low));
  if (o->rate > 0) n = least(n, run->due > p->next ? run->due - p->next : 0);
  if (o->ahead) {
    u64 out = run->published - run->received;
    n = least(n, out < o->ahead ? o->ahead - out : 0);
  }
  return n;
}

static void fill(Producer *p, u64 n) {
  u64 now = now_ns();
  u8 *stamp = p->chunk + p->stamp;
  for (u64 i = 0; i < n; i++, stamp += p->length) {
    put64(stamp, (u64)p->id << 48 | (p->next + i));
    put64(stamp + 8, now);
    if (p->ring) p->sent_at[(p->next + i) & (p->ring - 1)] = now;
  }
  p->next += n;
  p->run->published += n;
  p->sent = 0;
  p->filled = n * p->length;
}

/* Each frame by a system call of its own, as a client does that does not gather. */
static void send_split(Producer *p) {
  while (p->sent < p->filled) {
    size_t n = FRAME_EXTRA + get32(p->chunk + p->sent + 3);
    send_all(p->c.fd, p->chunk + p->sent, n);
    p->sent += n;
  }
}

void producer_pump(Producer *p) {
  /* At most two chunks before the consumers have their turn. */
  for (int turn = 0; turn < 2; turn++) {
    if (p->sent == p->filled) {
      u64 n = room(p);
      if (!n) break;
      fill(p, n);
    }
    if (p->run->o->split) send_split(p);
    else p->sent += (size_t)send_some(p->c.fd, p->chunk + p->sent, p->filled - p->sent);
    if (p->sent < p->filled) break;
  }
  bool more = p->sent < p->filled || room(p) > 0;
  if (more != p->writable) poll_writable(p->run->poll, p->c.fd, p, more);
  p->writable = more;
}

static void confirmed(Producer *p, u64 tag, bool multiple) {
  if (tag <= p->low || tag > p->next)
    fail("confirm %llu, where %llu to %llu were out", (unsigned long long)tag, (unsigned long long)p->low + 1,
         (unsigned long long)p->next);
  u64 mask = p->ring - 1, same = 0, n = 0;
  for (u64 i = multiple ? p->low : tag - 1; i < tag; i++) {
    if (p->acked[i & mask]) {
      if (!multiple) fail("confirm %llu twice", (unsigned long long)tag);
      continue;
    }
    p->acked[i & mask] = 1;
    p->run->confirmed++;
    if (p->sent_at[i & mask] != same && n) {
      if (p->run->measuring) hist_add(&p->run->confirm, p->run->now - same, n);
      n = 0;
    }
    same = p->sent_at[i & mask];
    n++;
  }
  if (n && p->run->measuring) hist_add(&p->run->confirm, p->run->now - same, n);
  while (p->low < p->next && p->acked[p->low & mask]) p->acked[p->low++ & mask] = 0;
}

static void method(Producer *p, u32 id, Reader *r) {
  if (id == BASIC_ACK && p->ring) {
    u64 tag = r64(r);
    confirmed(p, tag, r8(r) & 1);
  } else if (id == BASIC_NACK) fail("the broker refused a message (basic.nack)");
  else if (!amqp_unasked(&p->c, id, r)) fail("method %u.%u on a producer", id >> 16, id & 0xffff);
}

void producer_input(Producer *p) {
  p->have += (size_t)receive_some(p->c.fd, p->in + p->have, INPUT_BYTES - p->have);
  p->run->now = now_ns();
  size_t at = 0;
  while (p->have - at >= FRAME_EXTRA) {
    u32 size = get32(p->in + at + 3);
    if (size > INPUT_BYTES - FRAME_EXTRA) fail("a frame of %u bytes", size);
    if (p->have - at < size + FRAME_EXTRA) break;
    const u8 *payload = p->in + at + FRAME_HEAD;
    if (payload[size] != FRAME_END) fail("a frame without its end");
    if (p->in[at] == FRAME_METHOD) {
      Reader r = {.base = payload, .end = size};
      u32 id = r32(&r);
      method(p, id, &r);
    }
    at += size + FRAME_EXTRA;
  }
  memmove(p->in, p->in + at, p->have -= at);
}
