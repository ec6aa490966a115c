#include "amqp-wire.h"
#include "measure.h"

size_t method_begin(Writer *w, u16 channel, u32 method) {
  size_t begin = w->at;
  w8(w, FRAME_METHOD);
  w16(w, channel);
  w32(w, 0);
  w32(w, method);
  return begin;
}
void frame_end(Writer *w, size_t begin) {
  put32(w->base + begin + 3, (u32)(w->at - begin - FRAME_HEAD));
  w8(w, FRAME_END);
}
void w_shortstr(Writer *w, const char *s) {
  size_t n = strlen(s);
  if (n > 255) fail("a short string of %zu bytes", n);
  w8(w, (u8)n);
  w_bytes(w, s, n);
}
void w_longstr(Writer *w, const void *p, size_t n) {
  w32(w, (u32)n);
  w_bytes(w, p, n);
}

static void w_properties(Writer *w, bool persistent, bool props) {
  /* Bits in the order of the class: content-type 15, headers 13, delivery-mode 12, message-id 7. */
  w16(w, props ? 0xb080 : 0x1000);
  if (props) {
    w_shortstr(w, "application/json");
    size_t table = w->at;
    w32(w, 0);
    w_shortstr(w, "x-kind");
    w8(w, 'S');
    w_longstr(w, "order.created", 13);
    w_shortstr(w, "x-version");
    w8(w, 'I');
    w32(w, 3);
    put32(w->base + table, (u32)(w->at - table - 4));
  }
  w8(w, persistent ? 2 : 1);
  if (props) w_shortstr(w, "0b34f6a1-77e0-4c1e-9d57-2f1d3f5f8a10");
}

void w_message(Writer *w, const char *queue, size_t size, bool persistent, bool props, size_t frame_max,
               size_t *stamp) {
  size_t begin = method_begin(w, 1, BASIC_PUBLISH);
  w16(w, 0);
  w_shortstr(w, "");
  w_shortstr(w, queue);
  w8(w, 0);
  frame_end(w, begin);
  begin = w->at;
  w8(w, FRAME_HEADER);
  w16(w, 1);
  w32(w, 0);
  w16(w, 60);
  w16(w, 0);
  w64(w, size);
  w_properties(w, persistent, props);
  frame_end(w, begin);
  *stamp = w->at + FRAME_HEAD;
  for (size_t done = 0; done < size;) {
    size_t n = size - done < frame_max - FRAME_EXTRA ? size - done : frame_max - FRAME_EXTRA;
    begin = w->at;
    w8(w, FRAME_BODY);
    w16(w, 1);
    w32(w, 0);
    for (size_t i = 0; i < n; i++) w8(w, body_byte(done + i));
    frame_end(w, begin);
    done += n;
  }
}

void put_ack(u8 *to, u64 tag, bool multiple) {
  to[0] = FRAME_METHOD;
  put16(to + 1, 1);
  put32(to + 3, 13);
  put32(to + 7, BASIC_ACK);
  put64(to + 11, tag);
  to[19] = multiple;
  to[20] = FRAME_END;
}
