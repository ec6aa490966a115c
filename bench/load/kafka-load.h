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

typedef struct {
  int kind;
  KafkaRun *run;
  int fd, partition;
  u64 id, next, limit; /* batches sent */
  u64 answered, offset; /* batches answered; the base offset expected next, when this producer is alone */
  bool alone, writable;
  u8 *image; /* one produce request with its batch */
  size_t length, batch_at, sent;
  Batch batch;
  u64 sent_at[IN_FLIGHT_MAX];
  u8 in[4096];
  size_t have;
} KafkaProducer;

typedef struct { int number; u64 offset; u64 *expected; u64 batches; } Partition;
typedef struct {
  int kind;
  KafkaRun *run;
  int fd, partitions;
  Partition *partition;
  u32 correlation;
  u8 *in;
  size_t have, cap;
} KafkaConsumer;

int kafka_open(const Options *o);                    /* connects and checks the versions */
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
