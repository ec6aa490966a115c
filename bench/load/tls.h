/* TLS on sockets that are connected. Only where the generator was compiled with OpenSSL (-DWITH_TLS -lssl -lcrypto). */
#ifndef TLS_H
#define TLS_H
#include "bytes.h"
#include <stdbool.h>

void tls_begin(int fd); /* shakes hands; the socket blocks meanwhile */
bool tls_on(int fd);
bool tls_pending(int fd); /* there are bytes that no epoll tells of */
ptrdiff_t tls_send(int fd, const void *p, size_t n);    /* 0 = would block */
ptrdiff_t tls_receive(int fd, void *p, size_t n);       /* 0 = would block; the end of the stream fails the run */

#endif
