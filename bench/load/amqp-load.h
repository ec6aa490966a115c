/* The state of one AMQP run: producers and consumers in one epoll loop, and what they have counted. */
#ifndef AMQP_LOAD_H
#define AMQP_LOAD_H
#include "amqp-connection.h"
#include "measure.h"

enum Kind { PRODUCER, CONSUMER, TIMER };
enum { INPUT_BYTES = 1 << 19, CHUNK_BYTES = 1 << 17, ACKS_BYTES = 1 << 19, PRODUCERS_MAX = 1024 };

typedef struct {
  const Options *o;
  int poll;
  u64 now;
  u64 due; /* messages each producer may have published by now, with a rate */
  u64 published, confirmed, received;
  bool measuring, stopping;
  u8 *body; /* what every body holds after its first 16 bytes */
  Hist deliver, confirm;
  u8 *seen[PRODUCERS_MAX]; /* consumers sharing a queue: one bit a message received */
  u64 seen_bits[PRODUCERS_MAX];
} Run;

typedef struct {
  enum Kind kind;
  Run *run;
  Connection c;
  int id;
  u64 next, low, limit; /* messages published; all below low confirmed; publish no more than limit */
  u64 ring; /* entries of the two rings below, a power of two above the window */
  u64 *sent_at;
  u8 *acked;
  u8 *chunk; /* pre-encoded messages */
  size_t length, stamp, per; /* of one message; place of its stamp; messages in the chunk */
  size_t sent, filled; /* bytes of the chunk */
  bool writable;
  u8 *in;
  size_t have;
} Producer;

typedef struct {
  enum Kind kind;
  Run *run;
  Connection c;
  bool shared;
  u64 last_tag, unacked;
  u64 *expected; /* by producer */
  u64 body_left, body_at;
  bool in_message;
  u8 stamp[16];
  u64 same_time, same_n; /* deliveries with the same stamped time, not yet in the histogram */
  u8 *in, *out;
  size_t have, out_at, out_sent;
  bool writable;
} Consumer;

void producer_open(Producer *p, Run *run, int id);
void producer_pump(Producer *p);  /* sends what the windows and the rate allow */
void producer_input(Producer *p); /* confirms */
void consumer_open(Consumer *k, Run *run, int id);
void consumer_input(Consumer *k);
void consumer_flush(Consumer *k);
void consumer_ack_rest(Consumer *k);
void queue_name(char *to, const Options *o, int number); /* to: 256 bytes */

int amqp_run(Options *o);    /* publishes and consumes */
int amqp_fill(Options *o);   /* --count messages that stay */
int amqp_drain(Options *o);  /* --count messages that are there */
int amqp_settle(Options *o); /* receives all, then acknowledges in random order all but multiples of --stride */
int amqp_ping(Options *o);   /* waits until a queue has been declared */

#endif
