/* TCP sockets: blocking while a connection is set up, then in one epoll set. */
#ifndef SOCKET_H
#define SOCKET_H
#include "bytes.h"
#include <stdbool.h>

int dial(const char *host, int port);     /* -1 when refused */
int dial_or_fail(const char *host, int port);
void set_blocking(int fd, bool blocking);
void send_all(int fd, const void *p, size_t n);  /* also on a non-blocking socket: waits */
void receive_all(int fd, void *p, size_t n);     /* blocking sockets only */
ptrdiff_t send_some(int fd, const void *p, size_t n);    /* 0 = would block */
ptrdiff_t receive_some(int fd, void *p, size_t n);       /* 0 = would block; the end of the stream fails the run */

int poll_open(void);
void poll_add(int poll, int fd, void *tag);             /* readable */
void poll_writable(int poll, int fd, void *tag, bool on); /* readable, and writable when `on` */
int timer_open(double per_second);                      /* a descriptor readable at that rate */

#endif
