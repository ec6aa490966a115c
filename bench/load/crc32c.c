#include "crc32c.h"

u32 crc32c_portable(u32 state, const u8 *p, size_t n) {
  static u32 table[256];
  if (!table[1])
    for (u32 i = 0; i < 256; i++) {
      u32 c = i;
      for (int k = 0; k < 8; k++) c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
      table[i] = c;
    }
  u32 c = ~state;
  for (size_t i = 0; i < n; i++) c = table[(c ^ p[i]) & 255] ^ c >> 8;
  return ~c;
}

#ifdef __x86_64__
#include <immintrin.h>
__attribute__((target("sse4.2"))) static u32 crc32c_sse(u32 state, const u8 *p, size_t n) {
  u64 c = ~state;
  for (; n >= 8; p += 8, n -= 8) {
    u64 v;
    memcpy(&v, p, 8);
    c = _mm_crc32_u64(c, v);
  }
  for (; n; p++, n--) c = _mm_crc32_u8((u32)c, *p);
  return ~(u32)c;
}
u32 crc32c(u32 state, const u8 *p, size_t n) {
  static int there = -1;
  if (there < 0) there = __builtin_cpu_supports("sse4.2");
  return there ? crc32c_sse(state, p, n) : crc32c_portable(state, p, n);
}
#else
u32 crc32c(u32 state, const u8 *p, size_t n) { return crc32c_portable(state, p, n); }
#endif
