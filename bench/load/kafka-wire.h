/* Kafka's requests and record batches: the few versions a load needs. */
#ifndef KAFKA_WIRE_H
#define KAFKA_WIRE_H
#include "bytes.h"
#include <stdbool.h>

enum {
  PRODUCE = 0, FETCH = 1, LIST_OFFSETS = 2, METADATA = 3, SASL_HANDSHAKE = 17, API_VERSIONS = 18, CREATE_TOPICS = 19,
  DELETE_TOPICS = 20, SASL_AUTHENTICATE = 36
};
enum {
  PRODUCE_VERSION = 9, FETCH_VERSION = 12, LIST_VERSION = 1, METADATA_VERSION = 1, CREATE_VERSION = 4,
  DELETE_VERSION = 3, HANDSHAKE_VERSION = 1, AUTHENTICATE_VERSION = 0
};

/* Begins a request with its header (version 2 when flexible), returns its place; `request_end` writes the size. */
size_t request_begin(Writer *w, u16 key, u16 version, u32 correlation, bool flexible);
void request_end(Writer *w, size_t begin);
enum { CORRELATION_AT = 8 }; /* from the place of a request */

void w_string(Writer *w, const char *s);
void w_varint(Writer *w, u64 v);          /* unsigned */
void w_zigzag(Writer *w, int64_t v);
void w_compact_string(Writer *w, const char *s);
u64 r_varint(Reader *r);
int64_t r_zigzag(Reader *r);
void r_string(Reader *r);                 /* skips; nullable too */
void r_compact(Reader *r);                /* skips a compact string or bytes; nullable too */
void r_tags(Reader *r);

/*
 * Record batch, magic 2. The last 16 bytes of the last record's value are the stamp (sequence number, time), so that a
 * new stamp costs the checksum of 17 bytes and not of all.
 *
 *   0 base offset  8 length  12 leader epoch  16 magic  17 crc  21 attributes  23 last offset delta  27 base timestamp
 *  35 max timestamp  43 producer id  51 epoch  53 base sequence  57 records  61 the records
 */
enum { BATCH_LENGTH_AT = 8, BATCH_MAGIC_AT = 16, BATCH_CRC_AT = 17, BATCH_ATTRIBUTES_AT = 21, BATCH_LAST_DELTA_AT = 23,
       BATCH_COUNT_AT = 57, BATCH_RECORDS_AT = 61, BATCH_HEAD = 12, STAMP_BYTES = 16, BATCH_TAIL = STAMP_BYTES + 1 };
typedef struct { size_t length; u32 records, crc_prefix; } Batch;

/* As many records of `size` bytes as fit `limit` bytes, one at least. The first checksum is not written yet. */
Batch w_batch(Writer *w, size_t size, size_t limit, int64_t time_ms);
void batch_stamp(u8 *batch, const Batch *b, u64 number, u64 time);
/* Checks what a broker gave back, the checksum when `crc`; `*stamp` is the place of the stamp. Returns its length. */
size_t batch_check(const u8 *batch, size_t available, u64 offset, bool crc, const u8 **stamp, u32 *records);

#endif
