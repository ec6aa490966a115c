#include "kafka-wire.h"
#include "crc32c.h"
#include "measure.h"

size_t request_begin(Writer *w, u16 key, u16 version, u32 correlation, bool flexible) {
  size_t begin = w->at;
  w32(w, 0);
  w16(w, key);
  w16(w, version);
  w32(w, correlation);
  w_string(w, "bench");
  if (flexible) w8(w, 0);
  return begin;
}
void request_end(Writer *w, size_t begin) { put32(w->base + begin, (u32)(w->at - begin - 4)); }

void w_string(Writer *w, const char *s) {
  w16(w, (u16)strlen(s));
  w_bytes(w, s, strlen(s));
}
void w_varint(Writer *w, u64 v) {
  for (; v > 127; v >>= 7) w8(w, (u8)(v | 128));
  w8(w, (u8)v);
}
void w_zigzag(Writer *w, int64_t v) { w_varint(w, (u64)v << 1 ^ (u64)(v >> 63)); }
void w_compact_string(Writer *w, const char *s) {
  w_varint(w, strlen(s) + 1);
  w_bytes(w, s, strlen(s));
}
u64 r_varint(Reader *r) {
  u64 v = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    u8 b = r8(r);
    v |= (u64)(b & 127) << shift;
    if (b < 128) return v;
  }
  fail("a varint without end");
}
int64_t r_zigzag(Reader *r) {
  u64 v = r_varint(r);
  return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
void r_string(Reader *r) {
  u16 n = r16(r);
  if (n != 0xffff) r_skip(r, n);
}
void r_compact(Reader *r) {
  u64 n = r_varint(r);
  if (n) r_skip(r, n - 1);
}
void r_tags(Reader *r) {
  for (u64 n = r_varint(r); n; n--) {
    r_varint(r);
    r_skip(r, r_varint(r));
  }
}

static void w_record(Writer *w, u32 delta, size_t size) {
  u8 head[32];
  Writer h = {.base = head, .cap = sizeof head};
  w8(&h, 0);
  w_zigzag(&h, 0);
  w_zigzag(&h, delta);
  w_zigzag(&h, -1);
  w_zigzag(&h, (int64_t)size);
  w_zigzag(w, (int64_t)(h.at + size + 1));
  w_bytes(w, head, h.at);
  w_need(w, size);
  for (size_t i = 0; i < size; i++) w->base[w->at++] = (u8)(i * 131 + delta);
  w_zigzag(w, 0);
}

Batch w_batch(Writer *w, size_t size, size_t limit, int64_t time_ms) {
  size_t begin = w->at;
  w64(w, 0);
  w32(w, 0);
  w32(w, UINT32_MAX);
  w8(w, 2);
  w32(w, 0);
  w16(w, 0);
  w32(w, 0);
  w64(w, (u64)time_ms);
  w64(w, (u64)time_ms);
  w64(w, UINT64_MAX);
  w16(w, UINT16_MAX);
  w32(w, UINT32_MAX);
  w32(w, 0);
  Batch b = {0};
  size_t last = 0;
  do {
    size_t before = w->at;
    w_record(w, b.records++, size);
    last = w->at - before;
  } while (w->at - begin + last <= limit);
  b.length = w->at - begin;
  u8 *p = w->base + begin;
  put32(p + BATCH_LENGTH_AT, (u32)(b.length - BATCH_HEAD));
  put32(p + BATCH_LAST_DELTA_AT, b.records - 1);
  put32(p + BATCH_COUNT_AT, b.records);
  b.crc_prefix = crc32c(0, p + BATCH_ATTRIBUTES_AT, b.length - BATCH_TAIL - BATCH_ATTRIBUTES_AT);
  return b;
}

void batch_stamp(u8 *batch, const Batch *b, u64 number, u64 time) {
  u8 *stamp = batch + b->length - BATCH_TAIL;
  put64(stamp, number);
  put64(stamp + 8, time);
  put32(batch + BATCH_CRC_AT, crc32c(b->crc_prefix, stamp, BATCH_TAIL));
}

size_t batch_check(const u8 *p, size_t available, u64 offset, bool crc, const u8 **stamp, u32 *records) {
  /* A fetch may end within a batch: what is there of it is passed over. */
  if (available < BATCH_RECORDS_AT) return 0;
  size_t length = BATCH_HEAD + (size_t)get32(p + BATCH_LENGTH_AT);
  if (length > available) return 0;
  if (p[BATCH_MAGIC_AT] != 2 || length < BATCH_RECORDS_AT + BATCH_TAIL) fail("not a batch of ours");
  if (get64(p) != offset)
    fail("misordered: base offset %llu where %llu was expected", (unsigned long long)get64(p),
         (unsigned long long)offset);
  if (crc && get32(p + BATCH_CRC_AT) != crc32c(0, p + BATCH_ATTRIBUTES_AT, length - BATCH_ATTRIBUTES_AT))
    fail("the batch at offset %llu was changed on the way", (unsigned long long)offset);
  *records = get32(p + BATCH_COUNT_AT);
  if (*records != get32(p + BATCH_LAST_DELTA_AT) + 1)
    fail("%u records, last offset delta %u", *records, get32(p + BATCH_LAST_DELTA_AT));
  *stamp = p + length - BATCH_TAIL;
  return length;
}
