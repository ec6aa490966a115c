#include "amqp-connection.h"
#include "measure.h"
#include "socket.h"
#include <unistd.h>

static u8 out[4096];
static u8 in[1 << 20];

static Writer fresh(void) { return (Writer){.base = out, .cap = sizeof out}; }

static u32 next_frame(Connection *c, Reader *r) {
  u8 head[FRAME_HEAD];
  receive_all(c->fd, head, sizeof head);
  u32 size = get32(head + 3);
  if (size >= sizeof in) fail("a frame of %u bytes", size);
  receive_all(c->fd, in, size + 1);
  if (in[size] != FRAME_END) fail("a frame without its end");
  *r = (Reader){.base = in, .at = 4, .end = size};
  return head[0] == FRAME_METHOD && size >= 4 ? get32(in) : 0;
}

bool amqp_unasked(Connection *c, u32 method, Reader *r) {
  if (method == CONNECTION_CLOSE || method == CHANNEL_CLOSE) {
    u16 code = r16(r);
    u8 n = r8(r);
    r_need(r, n);
    fail("the broker closed the %s: %u %.*s", method == CHANNEL_CLOSE ? "channel" : "connection", code, n,
         (const char *)r->base + r->at);
  }
  if (method == BASIC_CANCEL) fail("the broker cancelled the consumer");
  if (method == BASIC_RETURN) fail("the broker returned a message");
  if (method == CONNECTION_BLOCKED) c->blocked++;
  return method == CONNECTION_BLOCKED || method == CONNECTION_UNBLOCKED;
}

void amqp_call(Connection *c, Writer *w, u32 expected, Reader *reply) {
  Reader unused;
  if (!reply) reply = &unused;
  send_all(c->fd, w->base, w->at);
  for (;;) {
    u32 method = next_frame(c, reply);
    if (method == expected) return;
    if (method) amqp_unasked(c, method, reply);
  }
}

static void call_empty(Connection *c, u16 channel, u32 method, u32 expected) {
  Writer w = fresh();
  size_t f = method_begin(&w, channel, method);
  if (method == CHANNEL_OPEN) w_shortstr(&w, "");
  if (method == CONFIRM_SELECT) w8(&w, 0);
  frame_end(&w, f);
  amqp_call(c, &w, expected, NULL);
}

static void w_capability(Writer *w, const char *name) {
  w_shortstr(w, name);
  w8(w, 't');
  w8(w, 1);
}

static void start_ok(Connection *c, Reader *r) {
  Writer w = fresh();
  size_t f = method_begin(&w, 0, CONNECTION_START_OK);
  size_t table = w.at;
  w32(&w, 0);
  w_shortstr(&w, "product");
  w8(&w, 'S');
  w_longstr(&w, "bench", 5);
  w_shortstr(&w, "capabilities");
  w8(&w, 'F');
  size_t inner = w.at;
  w32(&w, 0);
  w_capability(&w, "connection.blocked");
  w_capability(&w, "consumer_cancel_notify");
  w_capability(&w, "basic.nack");
  w_capability(&w, "publisher_confirms");
  put32(w.base + inner, (u32)(w.at - inner - 4));
  put32(w.base + table, (u32)(w.at - table - 4));
  w_shortstr(&w, "PLAIN");
  w_longstr(&w, "\0guest\0guest", 12);
  w_shortstr(&w, "en_US");
  frame_end(&w, f);
  amqp_call(c, &w, CONNECTION_TUNE, r);
}

Connection amqp_open(const Options *o) {
  Connection c = {.fd = dial_or_fail(o->host, o->port)};
  Writer w = fresh();
  w_bytes(&w, "AMQP\0\0\x09\x01", 8);
  Reader r;
  amqp_call(&c, &w, CONNECTION_START, &r);
  start_ok(&c, &r);
  u16 channels = r16(&r);
  u32 frame_max = r32(&r);
  c.frame_max = frame_max && frame_max < 131072 ? frame_max : 131072;
  w = fresh();
  size_t f = method_begin(&w, 0, CONNECTION_TUNE_OK);
  w16(&w, channels);
  w32(&w, (u32)c.frame_max);
  w16(&w, 0);
  frame_end(&w, f);
  f = method_begin(&w, 0, CONNECTION_OPEN);
  w_shortstr(&w, "/");
  w_shortstr(&w, "");
  w8(&w, 0);
  frame_end(&w, f);
  amqp_call(&c, &w, CONNECTION_OPEN_OK, NULL);
  call_empty(&c, 1, CHANNEL_OPEN, CHANNEL_OPEN_OK);
  return c;
}

u32 amqp_declare(Connection *c, const Options *o, const char *queue, bool passive) {
  Writer w = fresh();
  size_t f = method_begin(&w, 1, QUEUE_DECLARE);
  w16(&w, 0);
  w_shortstr(&w, queue);
  w8(&w, passive ? 1 : 2); /* passive, or durable */
  size_t table = w.at;
  w32(&w, 0);
  if (o->queue_type && !passive) {
    w_shortstr(&w, "x-queue-type");
    w8(&w, 'S');
    w_longstr(&w, o->queue_type, strlen(o->queue_type));
  }
  put32(w.base + table, (u32)(w.at - table - 4));
  frame_end(&w, f);
  Reader r;
  amqp_call(c, &w, QUEUE_DECLARE_OK, &r);
  r_skip(&r, r8(&r));
  return r32(&r);
}

void amqp_delete(Connection *c, const char *queue) {
  Writer w = fresh();
  size_t f = method_begin(&w, 1, QUEUE_DELETE);
  w16(&w, 0);
  w_shortstr(&w, queue);
  w8(&w, 0);
  frame_end(&w, f);
  amqp_call(c, &w, QUEUE_DELETE_OK, NULL);
}

void amqp_consume(Connection *c, const char *queue, bool auto_ack, int prefetch) {
  Writer w = fresh();
  if (!auto_ack && prefetch) {
    size_t f = method_begin(&w, 1, BASIC_QOS);
    w32(&w, 0);
    w16(&w, (u16)prefetch);
    w8(&w, 0);
    frame_end(&w, f);
    amqp_call(c, &w, BASIC_QOS_OK, NULL);
    w = fresh();
  }
  size_t f = method_begin(&w, 1, BASIC_CONSUME);
  w16(&w, 0);
  w_shortstr(&w, queue);
  w_shortstr(&w, "");
  w8(&w, auto_ack ? 2 : 0);
  w32(&w, 0);
  frame_end(&w, f);
  amqp_call(c, &w, BASIC_CONSUME_OK, NULL);
}

void amqp_confirm_select(Connection *c) { call_empty(c, 1, CONFIRM_SELECT, CONFIRM_SELECT_OK); }

void amqp_close(Connection *c) {
  set_blocking(c->fd, true);
  Writer w = fresh();
  size_t f = method_begin(&w, 0, CONNECTION_CLOSE);
  w16(&w, 200);
  w_shortstr(&w, "done");
  w32(&w, 0);
  frame_end(&w, f);
  amqp_call(c, &w, CONNECTION_CLOSE_OK, NULL);
  close(c->fd);
}
