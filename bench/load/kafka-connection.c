#include "kafka-load.h"
#include "socket.h"
#include "tls.h"
#include <stdlib.h>
#include <unistd.h>

static u8 out[65536];
static u8 in[1 << 20];

Reader kafka_call(int fd, Writer *w, size_t begin) {
  request_end(w, begin);
  send_all(fd, w->base, w->at);
  u8 size[4];
  receive_all(fd, size, 4);
  if (get32(size) > sizeof in) fail("a reply of %u bytes", get32(size));
  receive_all(fd, in, get32(size));
  Reader r = {.base = in, .end = get32(size)};
  r32(&r);
  return r;
}
Writer kafka_fresh(void) { return (Writer){.base = out, .cap = sizeof out}; }

int kafka_open(const Options *o) {
  int fd = dial_or_fail(o->host, o->port);
  if (o->tls) tls_begin(fd);
  Writer w = kafka_fresh();
  size_t begin = request_begin(&w, API_VERSIONS, 0, 1, false);
  Reader r = kafka_call(fd, &w, begin);
  u16 error = r16(&r);
  if (error) fail("ApiVersions: error %d", (int16_t)error);
  static const u16 wanted[][2] = {
    {PRODUCE, PRODUCE_VERSION}, {FETCH, FETCH_VERSION}, {LIST_OFFSETS, LIST_VERSION},
    {METADATA, METADATA_VERSION}, {CREATE_TOPICS, CREATE_VERSION}, {DELETE_TOPICS, DELETE_VERSION},
  };
  enum { WANTED = sizeof wanted / sizeof *wanted };
  unsigned there = 0;
  for (u32 n = r32(&r); n; n--) {
    u16 key = r16(&r), low = r16(&r), high = r16(&r);
    for (unsigned i = 0; i < WANTED; i++)
      if (wanted[i][0] == key && low <= wanted[i][1] && wanted[i][1] <= high) there |= 1u << i;
  }
  for (unsigned i = 0; i < WANTED; i++)
    if (!(there >> i & 1)) fail("the broker has no version %u of API %u", wanted[i][1], wanted[i][0]);
  if (o->user) kafka_log_in(fd, o);
  return fd;
}

static Reader metadata(int fd, const char *topic) {
  Writer w = kafka_fresh();
  size_t begin = request_begin(&w, METADATA, METADATA_VERSION, 2, false);
  w32(&w, topic ? 1 : 0);
  if (topic) w_string(&w, topic);
  return kafka_call(fd, &w, begin);
}
static u32 r_brokers(Reader *r) {
  u32 n = r32(r);
  for (u32 i = 0; i < n; i++) {
    r32(r);
    r_string(r);
    r32(r);
    r_string(r);
  }
  return n;
}
bool kafka_brokers(int fd) {
  Reader r = metadata(fd, NULL);
  return r_brokers(&r) > 0;
}

static bool all_led(int fd, const char *topic, u32 partitions) {
  Reader r = metadata(fd, topic);
  r_brokers(&r);
  r32(&r);
  if (r32(&r) != 1) return false;
  u16 error = r16(&r);
  r_string(&r);
  r8(&r);
  u32 n = r32(&r);
  if (error || n != partitions) return false;
  for (u32 i = 0; i < n; i++) {
    u16 broken = r16(&r);
    r32(&r);
    int leader = (int)r32(&r);
    if (broken || leader < 0) return false;
    r_skip(&r, 4ull * r32(&r));
    r_skip(&r, 4ull * r32(&r));
  }
  return true;
}

/* A leader may be named in the metadata a moment before it serves. */
static bool serves(int fd, const char *topic, u32 partition) {
  Writer w = kafka_fresh();
  size_t begin = request_begin(&w, LIST_OFFSETS, LIST_VERSION, 5, false);
  w32(&w, UINT32_MAX);
  w32(&w, 1);
  w_string(&w, topic);
  w32(&w, 1);
  w32(&w, partition);
  w64(&w, UINT64_MAX);
  Reader r = kafka_call(fd, &w, begin);
  r32(&r);
  r_string(&r);
  r_skip(&r, 8);
  return !r16(&r);
}

static void w_configs(Writer *w, const char *text) {
  size_t count_at = w->at;
  u32 n = 0;
  w32(w, 0);
  char copy[1024];
  snprintf(copy, sizeof copy, "%s", text ? text : "");
  char *rest = copy;
  for (char *one; (one = strsep(&rest, ",")) && *one; n++) {
    char *value = strchr(one, '=');
    if (!value) fail("--config wants name=value, not %s", one);
    *value = 0;
    w_string(w, one);
    w_string(w, value + 1);
  }
  put32(w->base + count_at, n);
}

static u16 create(int fd, const Options *o, const char *topic) {
  Writer w = kafka_fresh();
  size_t begin = request_begin(&w, CREATE_TOPICS, CREATE_VERSION, 3, false);
  w32(&w, 1);
  w_string(&w, topic);
  w32(&w, (u32)o->queues);
  w16(&w, 1);
  w32(&w, 0);
  w_configs(&w, o->config);
  w32(&w, 30000);
  w8(&w, 0);
  Reader r = kafka_call(fd, &w, begin);
  r32(&r);
  if (r32(&r) != 1) fail("CreateTopics answers for another number of topics");
  r_string(&r);
  return r16(&r);
}

void kafka_create(const Options *o, const char *topic) {
  int fd = kafka_open(o);
  for (int tries = 0;; tries++, usleep(20000)) {
    u16 error = create(fd, o, topic);
    if (!error) break;
    /* 36: a topic of that name is still being deleted; 41: no controller yet. */
    if ((error != 36 && error != 41) || tries > 500) fail("CreateTopics: error %d", (int16_t)error);
  }
  for (int tries = 0; !all_led(fd, topic, (u32)o->queues); tries++, usleep(5000))
    if (tries > 2000) fail("the partitions of %s have no leader", topic);
  for (int i = 0, tries = 0; i < o->queues; tries++)
    if (serves(fd, topic, (u32)i)) i++;
    else if (tries > 2000) fail("partition %d of %s has no leader that serves", i, topic);
    else usleep(5000);
  close(fd);
}

void kafka_delete(const Options *o, const char *topic) {
  int fd = kafka_open(o);
  Writer w = kafka_fresh();
  size_t begin = request_begin(&w, DELETE_TOPICS, DELETE_VERSION, 4, false);
  w32(&w, 1);
  w_string(&w, topic);
  w32(&w, 30000);
  kafka_call(fd, &w, begin);
  close(fd);
}
