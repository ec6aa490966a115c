#ifndef CRC32C_H
#define CRC32C_H
#include "bytes.h"

/*
 * CRC-32C (Castagnoli), as Kafka's record batches carry it. `state` is 0 at first, and the checksum of what came before
 * when the bytes come in parts.
 */
u32 crc32c(u32 state, const u8 *p, size_t n);
u32 crc32c_portable(u32 state, const u8 *p, size_t n);

#endif
