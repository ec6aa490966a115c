/* The command line of a run. Every option has a default; `options_print` is the help text. */
#ifndef OPTIONS_H
#define OPTIONS_H
#include "bytes.h"
#include <stdbool.h>

typedef struct {
  const char *host, *name; /* name: of the queue or topic, a number is appended to queues */
  int port, pid;
  int producers, consumers, queues; /* queues or partitions */
  size_t size;                      /* bytes of a body or record value */
  u64 count;                        /* stop after so many messages; 0 = stop after `seconds` */
  double seconds, warmup, rate, patience;
  bool keep; /* leave the queue or topic behind; and take one that is there */

  bool persistent, props, split;
  u64 confirms, ahead; /* windows; 0 = none */
  u64 ack;             /* acknowledge every so many; 0 = automatic */
  int prefetch;
  u64 stride;          /* the sequence numbers to be found are multiples of this */
  const char *queue_type;

  size_t batch, fetch_bytes; /* bytes of a record batch; of a fetch, per partition */
  int spread; /* batches in a produce request, each for another partition */
  bool tls;
  const char *user, *password; /* SCRAM-SHA-256 */
  int in_flight, acks, verify; /* verify the CRC of every so many fetched batches */
  const char *config;          /* topic configuration: name=value,name=value */
} Options;

Options options_parse(int n, char **words);
void options_print(void);

#endif
