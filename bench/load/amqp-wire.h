/* AMQP 0-9-1 frames: the few methods a load needs. */
#ifndef AMQP_WIRE_H
#define AMQP_WIRE_H
#include "bytes.h"
#include <stdbool.h>

enum {
  FRAME_METHOD = 1, FRAME_HEADER = 2, FRAME_BODY = 3, FRAME_HEARTBEAT = 8, FRAME_END = 0xce,
  FRAME_HEAD = 7, FRAME_EXTRA = 8 /* head and end */
};
#define METHOD(class, method) ((u32)(class) << 16 | (method))
enum {
  CONNECTION_START = METHOD(10, 10), CONNECTION_START_OK = METHOD(10, 11), CONNECTION_TUNE = METHOD(10, 30),
  CONNECTION_TUNE_OK = METHOD(10, 31), CONNECTION_OPEN = METHOD(10, 40), CONNECTION_OPEN_OK = METHOD(10, 41),
  CONNECTION_CLOSE = METHOD(10, 50), CONNECTION_CLOSE_OK = METHOD(10, 51), CONNECTION_BLOCKED = METHOD(10, 60),
  CONNECTION_UNBLOCKED = METHOD(10, 61), CHANNEL_OPEN = METHOD(20, 10), CHANNEL_OPEN_OK = METHOD(20, 11),
  CHANNEL_CLOSE = METHOD(20, 40), QUEUE_DECLARE = METHOD(50, 10), QUEUE_DECLARE_OK = METHOD(50, 11),
  QUEUE_DELETE = METHOD(50, 40), QUEUE_DELETE_OK = METHOD(50, 41), BASIC_QOS = METHOD(60, 10),
  BASIC_QOS_OK = METHOD(60, 11), BASIC_CONSUME = METHOD(60, 20), BASIC_CONSUME_OK = METHOD(60, 21),
  BASIC_PUBLISH = METHOD(60, 40), BASIC_RETURN = METHOD(60, 50), BASIC_DELIVER = METHOD(60, 60),
  BASIC_ACK = METHOD(60, 80), BASIC_CANCEL = METHOD(60, 30), BASIC_NACK = METHOD(60, 120),
  CONFIRM_SELECT = METHOD(85, 10), CONFIRM_SELECT_OK = METHOD(85, 11)
};

/* Begins a method frame and returns its place; `frame_end` writes the size. */
size_t method_begin(Writer *w, u16 channel, u32 method);
void frame_end(Writer *w, size_t begin);
void w_shortstr(Writer *w, const char *s);
void w_longstr(Writer *w, const void *p, size_t n);

/*
 * One message to the default exchange, all its frames: method, header, bodies. The first 16 body bytes are left for the
 * sequence number and the time; `*stamp` is their place. The rest is `body_byte(i)`.
 */
void w_message(Writer *w, const char *queue, size_t size, bool persistent, bool props, size_t frame_max,
               size_t *stamp);
static inline u8 body_byte(size_t i) { return (u8)(i * 131 + 7); }

enum { ACK_BYTES = FRAME_EXTRA + 13 };
void put_ack(u8 *to, u64 tag, bool multiple); /* writes ACK_BYTES */

#endif
