#define _GNU_SOURCE
#include "socket.h"
#include "measure.h"
#include "tls.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

int dial(const char *host, int port) {
  char service[16];
  snprintf(service, sizeof service, "%d", port);
  struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
  if (getaddrinfo(host, service, &want, &found) || !found) fail("no address for %s", host);
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int refused = fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  if (refused) {
    if (fd >= 0) close(fd);
    return -1;
  }
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}
int dial_or_fail(const char *host, int port) {
  int fd = dial(host, port);
  if (fd < 0) fail("no connection to %s:%d: %s", host, port, strerror(errno));
  return fd;
}
void set_blocking(int fd, bool blocking) {
  int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}
void send_all(int fd, const void *p, size_t n) {
  const u8 *b = p;
  while (n) {
    ptrdiff_t sent = send_some(fd, b, n);
    if (!sent) poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 1000);
    b += sent;
    n -= (size_t)sent;
  }
}
void receive_all(int fd, void *p, size_t n) {
  u8 *b = p;
  while (n) {
    ptrdiff_t got = receive_some(fd, b, n);
    b += got;
    n -= (size_t)got;
  }
}
ptrdiff_t send_some(int fd, const void *p, size_t n) {
  if (tls_on(fd)) return tls_send(fd, p, n);
  ptrdiff_t sent = send(fd, p, n, MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  if (errno == EAGAIN || errno == EINTR) return 0;
  fail("the broker closed a connection while we wrote: %s", strerror(errno));
}
ptrdiff_t receive_some(int fd, void *p, size_t n) {
  if (tls_on(fd)) return tls_receive(fd, p, n);
  ptrdiff_t got = recv(fd, p, n, 0);
  if (got > 0) return got;
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  fail("the broker closed a connection: %s", got ? strerror(errno) : "end of stream");
}

int poll_open(void) { return epoll_create1(EPOLL_CLOEXEC); }
void poll_add(int poll, int fd, void *tag) {
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = tag};
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e)) fail("epoll: %s", strerror(errno));
}
void poll_writable(int poll, int fd, void *tag, bool on) {
  struct epoll_event e = {.events = EPOLLIN | (on ? EPOLLOUT : 0u), .data.ptr = tag};
  if (epoll_ctl(poll, EPOLL_CTL_MOD, fd, &e)) fail("epoll: %s", strerror(errno));
}
int timer_open(double per_second) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  long long ns = (long long)(1e9 / per_second);
  struct timespec period = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  timerfd_settime(fd, 0, &(struct itimerspec){.it_interval = period, .it_value = period}, NULL);
  return fd;
}
