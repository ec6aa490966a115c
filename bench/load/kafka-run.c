#include "kafka-load.h"
#include "meter.h"
#include "socket.h"
#include "tls.h"
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct { int kind, fd; } Ticker;

static KafkaRun run;
static KafkaProducer producers[KAFKA_CONNECTIONS_MAX];
static KafkaConsumer consumers[KAFKA_CONNECTIONS_MAX];

static void open_all(Options *o, const char *topic) {
  if (o->producers > KAFKA_CONNECTIONS_MAX || o->consumers > KAFKA_CONNECTIONS_MAX || o->queues > PARTITIONS_MAX)
    fail("at most %d connections and %d partitions", KAFKA_CONNECTIONS_MAX, PARTITIONS_MAX);
  if (o->consumers > o->queues) fail("more consumers than partitions");
  run.o = o;
  run.topic = topic;
  run.poll = poll_open();
  for (int i = 0; i < o->consumers; i++) kafka_consumer_open(&consumers[i], &run, i);
  for (int i = 0; i < o->producers; i++) kafka_producer_open(&producers[i], &run, i);
}

static void dispatch(struct epoll_event *e, u64 start) {
  int kind = *(int *)e->data.ptr;
  if (kind == 0) {
    KafkaProducer *p = e->data.ptr;
    if (e->events & ~(u32)EPOLLOUT) do kafka_producer_input(p); while (tls_pending(p->fd));
    kafka_producer_pump(p);
  } else if (kind == 1) {
    KafkaConsumer *k = e->data.ptr;
    do kafka_consumer_input(k); while (tls_pending(k->fd));
  } else {
    u64 ticks;
    if (read(((Ticker *)e->data.ptr)->fd, &ticks, 8) != 8) return;
    run.due = (u64)((double)(now_ns() - start) / 1e9 * run.o->rate);
    for (int i = 0; i < run.o->producers; i++) kafka_producer_pump(&producers[i]);
  }
}

static bool all_done(const Options *o) {
  for (int i = 0; i < o->producers; i++) {
    const KafkaProducer *p = &producers[i];
    if (p->answered < p->next || (o->count && !run.stopping && p->next < p->limit)) return false;
  }
  return !o->consumers || (o->producers ? run.fetched == run.produced : run.fetched >= o->count);
}

static void check_progress(u64 now) {
  static u64 last_sum, last_time;
  u64 sum = run.produced + run.fetched;
  if (sum != last_sum || !last_time) {
    last_sum = sum;
    last_time = now;
  } else if ((double)(now - last_time) / 1e9 > run.o->patience)
    fail("incomplete: %llu records produced, %llu fetched", (unsigned long long)run.produced,
         (unsigned long long)run.fetched);
}

static Meter meter(const Options *o) { return meter_read(o->pid, run.produced, run.fetched, run.requests); }

static void loop(Options *o, Meter *from, Meter *to) {
  Ticker ticker = {.kind = 2};
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
  for (int i = 0; i < o->producers; i++) kafka_producer_pump(&producers[i]);
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

static int measure(Options *o, const char *kind, const char *topic) {
  open_all(o, topic);
  Meter from, to;
  loop(o, &from, &to);
  if (!o->keep) kafka_delete(o, topic);
  json_open(kind);
  meter_print(&from, &to, o->pid, (double)o->size);
  json_latency("produce", &run.produce);
  json_latency("deliver", &run.deliver);
  json_number("published", (double)run.produced);
  json_number("received", (double)run.fetched);
  json_close();
  return 0;
}

int kafka_run(Options *o) {
  char topic[256];
  snprintf(topic, sizeof topic, o->keep ? "%s" : "%s-%d", o->name, (int)getpid());
  kafka_create(o, topic);
  return measure(o, "run", topic);
}

int kafka_fill(Options *o) {
  if (!o->count) fail("fill wants --count");
  o->consumers = 0;
  o->keep = true;
  kafka_delete(o, o->name);
  kafka_create(o, o->name);
  return measure(o, "fill", o->name);
}

int kafka_drain(Options *o) {
  if (!o->count) fail("drain wants --count");
  o->producers = 0;
  return measure(o, "drain", o->name);
}

int kafka_ping(Options *o) {
  u64 start = now_ns();
  for (;; usleep(1000)) {
    if ((double)(now_ns() - start) / 1e9 > o->patience)
      fail("no Kafka on %s:%d after %g s", o->host, o->port, o->patience);
    int fd = dial(o->host, o->port);
    if (fd < 0) continue;
    close(fd);
    pid_t child = fork();
    if (!child) {
      if (!freopen("/dev/null", "w", stdout)) _exit(2);
      _exit(kafka_brokers(kafka_open(o)) ? 0 : 1);
    }
    int status;
    if (waitpid(child, &status, 0) == child && !status) break;
  }
  json_open("ping");
  json_number("ms", (double)(now_ns() - start) / 1e6);
  json_close();
  return 0;
}
