#include "amqp-load.h"
#include "meter.h"
#include "socket.h"
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct { enum Kind kind; int fd; } Ticker;

static Run run;
static Producer producers[PRODUCERS_MAX];
static Consumer consumers[PRODUCERS_MAX];

static void declare_all(Options *o, bool anew) {
  Connection c = amqp_open(o);
  char queue[256];
  for (int i = 0; i < o->queues; i++) {
    queue_name(queue, o, i);
    if (anew) amqp_delete(&c, queue);
    amqp_declare(&c, o, queue, false);
  }
  amqp_close(&c);
}

/*
 * Fails unless `wanted` messages are ready. What a closed connection leaves may take a broker a moment to put back, and
 * what was in a stream stays there. Deletes the queues when they are not to be kept.
 */
static void check_left(Options *o, u64 wanted) {
  Connection c = amqp_open(o);
  char queue[256];
  u64 n = 0;
  bool stays = o->queue_type && !strcmp(o->queue_type, "stream");
  for (int tries = 0; !stays && tries < 20 * o->patience; tries++) {
    n = 0;
    for (int i = 0; i < o->queues; i++) {
      queue_name(queue, o, i);
      n += amqp_declare(&c, o, queue, true);
    }
    if (n == wanted) break;
    usleep(50000);
  }
  for (int i = 0; i < o->queues && !o->keep; i++) {
    queue_name(queue, o, i);
    amqp_delete(&c, queue);
  }
  amqp_close(&c);
  if (!stays && n != wanted)
    fail("%llu messages are in the queues at the end, not %llu", (unsigned long long)n, (unsigned long long)wanted);
}

static void open_all(Options *o) {
  if (o->producers > PRODUCERS_MAX || o->consumers > PRODUCERS_MAX) fail("at most %d connections", PRODUCERS_MAX);
  if (o->consumers && o->consumers < o->queues) fail("fewer consumers than queues would leave messages behind");
  run.o = o;
  run.poll = poll_open();
  run.body = malloc(o->size);
  for (size_t i = 0; i < o->size; i++) run.body[i] = body_byte(i);
  for (int i = 0; i < o->consumers; i++) consumer_open(&consumers[i], &run, i);
  for (int i = 0; i < o->producers; i++) producer_open(&producers[i], &run, i);
}

static void dispatch(struct epoll_event *e, u64 start) {
  enum Kind kind = *(enum Kind *)e->data.ptr;
  if (kind == TIMER) {
    u64 ticks;
    if (read(((Ticker *)e->data.ptr)->fd, &ticks, 8) != 8) return;
    run.due = (u64)((double)(now_ns() - start) / 1e9 * run.o->rate);
    for (int i = 0; i < run.o->producers; i++) producer_pump(&producers[i]);
  } else if (kind == PRODUCER) {
    Producer *p = e->data.ptr;
    if (e->events & ~(u32)EPOLLOUT) producer_input(p);
    producer_pump(p);
  } else {
    Consumer *k = e->data.ptr;
    if (e->events & ~(u32)EPOLLOUT) consumer_input(k);
    else consumer_flush(k);
    /* What was received may let producers go on that are bound by --ahead. */
    if (run.o->ahead)
      for (int i = 0; i < run.o->producers; i++)
        if (!producers[i].writable) producer_pump(&producers[i]);
  }
}

static bool all_done(const Options *o) {
  for (int i = 0; i < o->producers; i++)
    if (producers[i].sent < producers[i].filled) return false;
  u64 goal = o->producers ? run.published : o->count;
  if (run.received > goal) fail("more than %llu messages came", (unsigned long long)goal);
  if (o->producers && o->count && !run.stopping && run.published < o->count) return false;
  if (o->confirms && run.confirmed < run.published) return false;
  return !o->consumers || run.received == goal;
}

static void check_progress(u64 now) {
  static u64 last_sum, last_time;
  u64 sum = run.published + run.confirmed + run.received;
  if (sum != last_sum || !last_time) {
    last_sum = sum;
    last_time = now;
  } else if ((double)(now - last_time) / 1e9 > run.o->patience)
    fail("incomplete: %llu published, %llu confirmed, %llu received", (unsigned long long)run.published,
         (unsigned long long)run.confirmed, (unsigned long long)run.received);
}

static Meter meter(const Options *o) { return meter_read(o->pid, run.published, run.received, run.confirmed); }

/* Runs until all is done; the figures are between `from` and `to`. */
static void loop(Options *o, Meter *from, Meter *to) {
  Ticker ticker = {.kind = TIMER};
  if (o->rate > 0 && o->producers) {
    ticker.fd = timer_open(o->rate);
    poll_add(run.poll, ticker.fd, &ticker);
  }
  u64 start = now_ns(), begin = start + (u64)((o->count ? 0 : o->warmup) * 1e9), end = begin + (u64)(o->seconds * 1e9);
  reset_peak(o->pid);
  if (o->count) {
    *from = meter(o);
    run.measuring = true;
  }
  for (int i = 0; i < o->producers; i++) producer_pump(&producers[i]);
  for (;;) {
    u64 now = now_ns();
    if (!run.measuring && !run.stopping && now >= begin) {
      *from = meter(o);
      run.measuring = true;
    }
    if (run.measuring && (o->count ? all_done(o) : now >= end)) {
      *to = meter(o);
      run.measuring = false;
      run.stopping = true;
    }
    if (run.stopping && all_done(o)) return;
    check_progress(now);
    struct epoll_event events[64];
    int n = epoll_wait(run.poll, events, 64, 10);
    for (int i = 0; i < n; i++) dispatch(&events[i], start);
  }
}

static void close_all(Options *o) {
  for (int i = 0; i < o->consumers; i++) {
    consumer_ack_rest(&consumers[i]);
    amqp_close(&consumers[i].c);
  }
  for (int i = 0; i < o->producers; i++) amqp_close(&producers[i].c);
}

static void report(Options *o, const char *kind, const Meter *from, const Meter *to) {
  u64 blocked = 0;
  for (int i = 0; i < o->producers; i++) blocked += producers[i].c.blocked;
  json_open(kind);
  meter_print(from, to, o->pid, (double)o->size);
  json_latency("confirm", &run.confirm);
  json_latency("deliver", &run.deliver);
  json_number("published", (double)run.published);
  json_number("received", (double)run.received);
  json_number("blocked", (double)blocked);
  json_close();
}

int amqp_run(Options *o) {
  if (!o->keep) declare_all(o, true);
  open_all(o);
  Meter from, to;
  loop(o, &from, &to);
  close_all(o);
  check_left(o, o->consumers ? 0 : run.published);
  report(o, "run", &from, &to);
  return 0;
}

int amqp_fill(Options *o) {
  if (!o->count) fail("fill wants --count");
  o->consumers = 0;
  o->keep = true;
  declare_all(o, true);
  open_all(o);
  Meter from, to;
  loop(o, &from, &to);
  close_all(o); /* close-ok: without confirms only this says that all has arrived */
  if (!o->confirms) to = meter(o);
  check_left(o, o->count);
  report(o, "fill", &from, &to);
  return 0;
}

int amqp_drain(Options *o) {
  if (!o->count) fail("drain wants --count");
  o->producers = 0;
  open_all(o);
  Meter from, to;
  loop(o, &from, &to);
  close_all(o);
  check_left(o, 0);
  report(o, "drain", &from, &to);
  return 0;
}

int amqp_settle(Options *o) {
  if (!o->count || o->queues != 1 || o->count > UINT32_MAX) fail("settle wants --count and one queue");
  u64 keep = o->stride;
  *o = (Options){.host = o->host, .port = o->port, .pid = o->pid, .name = o->name, .size = o->size, .count = o->count,
                 .consumers = 1, .queues = 1, .ack = UINT64_MAX, .stride = 1, .patience = o->patience, .keep = true};
  open_all(o);
  Meter from, to;
  loop(o, &from, &to);
  u32 *order = malloc(o->count * sizeof *order), n = 0;
  for (u64 i = 0; i < o->count; i++)
    if (i % keep) order[n++] = (u32)i;
  u64 random = 88172645463325252ull; /* xorshift: the same order every time */
  for (u32 i = n; i > 1; i--) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    u32 k = (u32)(random % i), swap = order[k];
    order[k] = order[i - 1];
    order[i - 1] = swap;
  }
  u8 *out = malloc(1000 * ACK_BYTES);
  for (u32 i = 0; i < n;) {
    u32 m = 0;
    for (; m < 1000 && i < n; m++, i++) put_ack(out + m * ACK_BYTES, order[i] + 1ull, false);
    send_all(consumers[0].c.fd, out, m * ACK_BYTES);
  }
  amqp_close(&consumers[0].c);
  to = meter(o);
  check_left(o, o->count - n);
  json_open("settle");
  meter_print(&from, &to, o->pid, (double)o->size);
  json_number("left", (double)(o->count - n));
  json_close();
  return 0;
}

/* A child for every try: a broker that is starting may accept and drop, which is the child's end only. */
int amqp_ping(Options *o) {
  u64 start = now_ns();
  for (;; usleep(1000)) {
    if ((double)(now_ns() - start) / 1e9 > o->patience)
      fail("no AMQP on %s:%d after %g s", o->host, o->port, o->patience);
    int fd = dial(o->host, o->port);
    if (fd < 0) continue;
    close(fd);
    pid_t child = fork();
    if (!child) {
      if (!freopen("/dev/null", "w", stdout)) _exit(2);
      Connection c = amqp_open(o);
      amqp_declare(&c, o, "bench-ping", false);
      _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) == child && !status) break;
  }
  json_open("ping");
  json_number("ms", (double)(now_ns() - start) / 1e6);
  json_close();
  return 0;
}
