#include "amqp-wire.h"
#include "crc32c.h"
#include "kafka-wire.h"
#include "measure.h"
#include <stdlib.h>

static int failed;
static void check(int right, const char *what) {
  if (right) return;
  failed++;
  fprintf(stderr, "wrong: %s\n", what);
}

/* The vectors of RFC 3720, B.4. */
static void checksums(void) {
  u8 b[257];
  check(crc32c(0, (const u8 *)"123456789", 9) == 0xe3069283, "crc of 123456789");
  memset(b, 0, 32);
  check(crc32c(0, b, 32) == 0x8a9136aa, "crc of zeroes");
  memset(b, 255, 32);
  check(crc32c(0, b, 32) == 0x62a8ab43, "crc of ones");
  for (int i = 0; i < 257; i++) b[i] = (u8)(i * 7 + 3);
  for (size_t n = 0; n < 257; n++) {
    check(crc32c(0, b, n) == crc32c_portable(0, b, n), "both ways to the crc");
    check(crc32c(crc32c(0, b, n), b + n, 257 - n) == crc32c(0, b, 257), "the crc in two parts");
  }
}

static void varints(void) {
  static const int64_t values[] = {0, -1, 1, 63, 64, -64, -65, 8191, 8192, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    u8 b[16];
    Writer w = {.base = b, .cap = sizeof b};
    w_zigzag(&w, values[i]);
    Reader r = {.base = b, .end = w.at};
    check(r_zigzag(&r) == values[i] && r.at == w.at, "a zigzag number there and back");
  }
}

static void batches(void) {
  static const size_t sizes[] = {16, 100, 1024, 16384}, limits[] = {1, 1000, 65536};
  for (unsigned i = 0; i < 4; i++)
    for (unsigned k = 0; k < 3; k++) {
      size_t cap = limits[k] + sizes[i] + 4096;
      Writer w = {.base = malloc(cap), .cap = cap};
      Batch b = w_batch(&w, sizes[i], limits[k], 1700000000000);
      check(b.length <= limits[k] || b.records == 1, "a batch within its limit");
      batch_stamp(w.base, &b, 7ull << 48 | 12345, 99);
      const u8 *stamp;
      u32 records, seen = 0;
      check(batch_check(w.base, b.length, 0, true, &stamp, &records) == b.length, "a batch there and back");
      check(get64(stamp) == (7ull << 48 | 12345) && get64(stamp + 8) == 99 && records == b.records, "its stamp");
      check(!batch_check(w.base, b.length - 1, 0, true, &stamp, &records), "a batch cut short");
      Reader r = {.base = w.base, .at = BATCH_RECORDS_AT, .end = b.length};
      for (; r.at < r.end; seen++) {
        size_t length = (size_t)r_zigzag(&r), at = r.at;
        r8(&r);
        r_zigzag(&r);
        check(r_zigzag(&r) == seen && r_zigzag(&r) == -1 && r_zigzag(&r) == (int64_t)sizes[i], "a record's head");
        r_skip(&r, sizes[i] + 1);
        check(r.at - at == length, "a record's length");
      }
      check(seen == b.records, "the number of records");
      free(w.base);
    }
}

static void messages(void) {
  static const size_t sizes[] = {16, 100, 4088, 4089, 300000};
  for (unsigned i = 0; i < 5; i++)
    for (int props = 0; props < 2; props++) {
      size_t cap = sizes[i] * 2 + 4096, stamp, at = 0, body = 0;
      Writer w = {.base = malloc(cap), .cap = cap};
      w_message(&w, "queue", sizes[i], true, props, 4096, &stamp);
      for (int n = 0; at < w.at; n++) {
        const u8 *f = w.base + at;
        u32 size = get32(f + 3);
        check(size + FRAME_EXTRA <= 4096 && f[FRAME_HEAD + size] == FRAME_END, "a frame's limits");
        check(f[0] == (n == 0 ? FRAME_METHOD : n == 1 ? FRAME_HEADER : FRAME_BODY), "the order of frames");
        if (n == 0) check(get32(f + FRAME_HEAD) == BASIC_PUBLISH && f[FRAME_HEAD + 7] == 5, "basic.publish");
        if (n == 1) check(get64(f + FRAME_HEAD + 4) == sizes[i], "the body's size");
        if (n == 2) check(stamp == at + FRAME_HEAD, "the place of the stamp");
        if (n > 1) body += size;
        at += size + FRAME_EXTRA;
      }
      check(body == sizes[i], "the body");
      free(w.base);
    }
  u8 ack[ACK_BYTES];
  put_ack(ack, 0x0102030405060708, true);
  check(get32(ack + 3) == 13 && get64(ack + 11) == 0x0102030405060708 && ack[19] && ack[20] == FRAME_END, "basic.ack");
}

static void percentiles(void) {
  Hist *h = calloc(1, sizeof *h);
  for (u64 ns = 1; ns <= 1000000; ns++) hist_add(h, ns, 1);
  double p50 = hist_us(h, 0.5), p99 = hist_us(h, 0.99);
  check(p50 > 496 && p50 < 504 && p99 > 982 && p99 < 998, "percentiles");
  free(h);
}

int selftest(void) {
  checksums();
  varints();
  batches();
  messages();
  percentiles();
  puts(failed ? "{\"error\":\"selftest\"}" : "{\"kind\":\"selftest\"}");
  return failed > 0;
}
