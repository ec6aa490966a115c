#include "tls.h"
#include "measure.h"
#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>

enum { TLS_MAX = 1024 };
static SSL *by_fd[TLS_MAX];

_Noreturn static void fail_tls(const char *what) {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  fail("%s: %s", what, text);
}

void tls_begin(int fd) {
  static SSL_CTX *context;
  if (!context) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  if (fd >= TLS_MAX) fail("at most %d encrypted connections", TLS_MAX);
  if (by_fd[fd]) SSL_free(by_fd[fd]);
  by_fd[fd] = SSL_new(context);
  SSL_set_fd(by_fd[fd], fd);
  if (SSL_connect(by_fd[fd]) != 1) fail_tls("TLS");
}

bool tls_on(int fd) { return fd < TLS_MAX && by_fd[fd]; }
bool tls_pending(int fd) { return tls_on(fd) && SSL_pending(by_fd[fd]) > 0; }

static bool would_block(SSL *ssl, int result) {
  int error = SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

ptrdiff_t tls_send(int fd, const void *p, size_t n) {
  size_t sent = 0;
  while (sent < n) {
    size_t some = 0;
    int result = SSL_write_ex(by_fd[fd], (const u8 *)p + sent, n - sent, &some);
    if (result == 1) sent += some;
    else if (would_block(by_fd[fd], result)) break;
    else fail_tls("the broker closed a connection while we wrote");
  }
  return (ptrdiff_t)sent;
}

ptrdiff_t tls_receive(int fd, void *p, size_t n) {
  size_t got = 0;
  int result = SSL_read_ex(by_fd[fd], p, n, &got);
  if (result != 1 && !would_block(by_fd[fd], result)) fail_tls("the broker closed a connection");
  return (ptrdiff_t)got;
}

#else

static const char LACKS[] = "the load generator was compiled without OpenSSL (Debian: apt install libssl-dev)";
void tls_begin(int fd) { fail("%s: no TLS on descriptor %d", LACKS, fd); }
bool tls_on(int fd) { return fd < 0; }
bool tls_pending(int fd) { return fd < 0; }
ptrdiff_t tls_send(int fd, const void *p, size_t n) { fail("%s: %d, %p, %zu", LACKS, fd, p, n); }
ptrdiff_t tls_receive(int fd, void *p, size_t n) { fail("%s: %d, %p, %zu", LACKS, fd, p, n); }

#endif
