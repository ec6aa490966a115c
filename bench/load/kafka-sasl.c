/* SCRAM-SHA-256 (RFC 5802, RFC 7677) in Kafka's SaslHandshake and SaslAuthenticate. */
#include "kafka-load.h"
#ifdef WITH_TLS
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>

enum { HASH = SHA256_DIGEST_LENGTH, TEXT = 512 };
static const char NONCE[] = "the-load-generator-has-nothing-to-hide";

static void hmac(const u8 key[HASH], const char *text, u8 to[HASH]) {
  unsigned length;
  HMAC(EVP_sha256(), key, HASH, (const u8 *)text, strlen(text), to, &length);
}
static void base64(const u8 *bytes, size_t n, char *to) { EVP_EncodeBlock((u8 *)to, bytes, (int)n); }

static void shake_hands(int fd) {
  Writer w = kafka_fresh();
  size_t begin = request_begin(&w, SASL_HANDSHAKE, HANDSHAKE_VERSION, 6, false);
  w_string(&w, "SCRAM-SHA-256");
  Reader r = kafka_call(fd, &w, begin);
  u16 error = r16(&r);
  if (error) fail("SaslHandshake: error %d", (int16_t)error);
}

/* One message there and one back. */
static void exchange(int fd, const char *text, char answer[TEXT]) {
  Writer w = kafka_fresh();
  size_t begin = request_begin(&w, SASL_AUTHENTICATE, AUTHENTICATE_VERSION, 7, false);
  w32(&w, (u32)strlen(text));
  w_bytes(&w, text, strlen(text));
  Reader r = kafka_call(fd, &w, begin);
  u16 error = r16(&r);
  if (error) fail("SaslAuthenticate: error %d", (int16_t)error);
  r_string(&r);
  u32 length = r32(&r);
  if (length >= TEXT) fail("SaslAuthenticate answers with %u bytes", length);
  size_t at = r.at;
  r_skip(&r, length);
  memcpy(answer, r.base + at, length);
  answer[length] = 0;
}

void kafka_log_in(int fd, const Options *o) {
  char bare[TEXT], told[TEXT], first[TEXT + 3], salt_text[TEXT], nonce[TEXT], last[2 * TEXT], said[TEXT];
  shake_hands(fd);
  snprintf(bare, sizeof bare, "n=%s,r=%s", o->user, NONCE);
  snprintf(first, sizeof first, "n,,%s", bare);
  exchange(fd, first, told);
  int rounds;
  if (sscanf(told, "r=%511[^,],s=%511[^,],i=%d", nonce, salt_text, &rounds) != 3 || rounds < 1)
    fail("SCRAM answers with %s", told);
  u8 salt[TEXT], salted[HASH], key[HASH], stored[HASH], signature[HASH];
  size_t padding = strlen(salt_text) - strcspn(salt_text, "=");
  int salt_bytes = EVP_DecodeBlock(salt, (const u8 *)salt_text, (int)strlen(salt_text)) - (int)padding;
  PKCS5_PBKDF2_HMAC(o->password, (int)strlen(o->password), salt, salt_bytes, rounds, EVP_sha256(), HASH, salted);

  char without_proof[TEXT + 16], all[4 * TEXT], proof[2 * HASH], wanted[2 * HASH + 3];
  snprintf(without_proof, sizeof without_proof, "c=biws,r=%s", nonce);
  snprintf(all, sizeof all, "%s,%s,%s", bare, told, without_proof);
  hmac(salted, "Client Key", key);
  SHA256(key, HASH, stored);
  hmac(stored, all, signature);
  for (int i = 0; i < HASH; i++) key[i] ^= signature[i];
  base64(key, HASH, proof);
  snprintf(last, sizeof last, "%s,p=%s", without_proof, proof);
  exchange(fd, last, said);

  hmac(salted, "Server Key", key);
  hmac(key, all, signature);
  memcpy(wanted, "v=", 3);
  base64(signature, HASH, wanted + 2);
  if (strcmp(said, wanted)) fail("the broker does not know the password either");
}

#else

void kafka_log_in(int fd, const Options *o) { fail("compiled without OpenSSL: %s cannot log in on %d", o->user, fd); }

#endif
