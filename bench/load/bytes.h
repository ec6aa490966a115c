/* Big-endian integers in byte arrays, and a bounds-checked writer and reader over them. */
#ifndef BYTES_H
#define BYTES_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

static inline void put16(u8 *p, u16 v) { v = __builtin_bswap16(v); memcpy(p, &v, 2); }
static inline void put32(u8 *p, u32 v) { v = __builtin_bswap32(v); memcpy(p, &v, 4); }
static inline void put64(u8 *p, u64 v) { v = __builtin_bswap64(v); memcpy(p, &v, 8); }
static inline u16 get16(const u8 *p) { u16 v; memcpy(&v, p, 2); return __builtin_bswap16(v); }
static inline u32 get32(const u8 *p) { u32 v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
static inline u64 get64(const u8 *p) { u64 v; memcpy(&v, p, 8); return __builtin_bswap64(v); }

/* A growing place to write to. `at` is the next byte; the memory is the caller's and must be large enough. */
typedef struct { u8 *base; size_t at, cap; } Writer;
void w_need(Writer *w, size_t n);
static inline void w8(Writer *w, u8 v) { w_need(w, 1); w->base[w->at++] = v; }
static inline void w16(Writer *w, u16 v) { w_need(w, 2); put16(w->base + w->at, v); w->at += 2; }
static inline void w32(Writer *w, u32 v) { w_need(w, 4); put32(w->base + w->at, v); w->at += 4; }
static inline void w64(Writer *w, u64 v) { w_need(w, 8); put64(w->base + w->at, v); w->at += 8; }
void w_bytes(Writer *w, const void *p, size_t n);

/* A run of bytes to read. Reading past the end is the broker's error and ends the run. */
typedef struct { const u8 *base; size_t at, end; } Reader;
void r_need(Reader *r, size_t n);
static inline u8 r8(Reader *r) { r_need(r, 1); return r->base[r->at++]; }
static inline u16 r16(Reader *r) { r_need(r, 2); r->at += 2; return get16(r->base + r->at - 2); }
static inline u32 r32(Reader *r) { r_need(r, 4); r->at += 4; return get32(r->base + r->at - 4); }
static inline u64 r64(Reader *r) { r_need(r, 8); r->at += 8; return get64(r->base + r->at - 8); }
static inline void r_skip(Reader *r, size_t n) { r_need(r, n); r->at += n; }

#endif
