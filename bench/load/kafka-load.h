/* The state of one Kafka run: producers and consumers in one epoll loop, and what they have counted. */
#ifndef KAFKA_LOAD_H
#define KAFKA_LOAD_H
#include "kafka-wire.h"
#include "measure.h"
#include "options.h"

enum { KAFKA_CONNECTIONS_MAX = 256, PARTITIONS_MAX = 1024, IN_FLIGHT_MAX = 64 };

typedef struct {
  const Options *o;
  const char *topic;
  int poll;
  u64 now, due;
  u64 produced, fetched, requests; /* records; produce replies */
  bool measuring, stopping;
  Hist produce, deliver;
} KafkaRun;

/* A partition as its producer knows it. */
typedef struct {
  int number;
  u64 sent, answered; /* batches */
  u64 offset;         /* the base offset expected next */
} Target;
typedef struct {
  int kind;
  KafkaRun *run;
  int fd;
  Target *target; /* the partitions it writes to, in turn */
  int targets, stride, spread; /* how many there are, from one to the next, and how many a request has a batch for */
  u64 id, next, limit; /* requests sent */
  u64 answered;
  bool alone, writable; /* alone: nobody else writes to its partitions */
  u8 *image; /* one produce request with its batches */
  size_t length, first_at, step, sent; /* where the first batch's partition stands, and how far it is to the next */
  Batch batch;
  u64 sent_at[IN_FLIGHT_MAX];
  u8 in[65536];
  size_t have;
} KafkaProducer;

typedef struct { int number; u64 offset; u64 *expected; u64 batches; } Partition;
typedef struct {
  int kind;
  KafkaRun *run;
  int fd, id, partitions;
  Partition *partition;
  u32 correlation;
  u8 *in;
  size_t have, cap;
} KafkaConsumer;

int kafka_open(const Options *o);                    /* connects, checks the versions, logs in if told to */
void kafka_log_in(int fd, const Options *o);         /* by SCRAM-SHA-256 */
Writer kafka_fresh(void);                            /* for a request of a connection that is set up: one at a time */
Reader kafka_call(int fd, Writer *w, size_t begin);  /* sends it and waits for the answer, behind its correlation id */
void kafka_create(const Options *o, const char *topic); /* waits until every partition has a leader */
void kafka_delete(const Options *o, const char *topic);
bool kafka_brokers(int fd);                          /* true when the metadata name a broker */

void kafka_producer_open(KafkaProducer *p, KafkaRun *run, int id);
void kafka_producer_pump(KafkaProducer *p);
void kafka_producer_input(KafkaProducer *p);
void kafka_consumer_open(KafkaConsumer *k, KafkaRun *run, int id);
void kafka_consumer_input(KafkaConsumer *k);

int kafka_run(Options *o);
int kafka_fill(Options *o);
int kafka_drain(Options *o);
int kafka_ping(Options *o);

#endif
