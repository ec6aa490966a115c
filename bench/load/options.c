#include "options.h"
#include "measure.h"
#include <stdlib.h>

enum Type { TEXT, INT, SIZE, COUNT, REAL, FLAG };
typedef struct { const char *name; enum Type type; size_t at; const char *help; } Option;
#define AT(field) offsetof(Options, field)

static const Option table[] = {
  {"host", TEXT, AT(host), "127.0.0.1"},
  {"port", INT, AT(port), "5672, 9092"},
  {"pid", INT, AT(pid), "of the broker: adds its CPU and memory to the figures"},
  {"name", TEXT, AT(name), "of the queue (a number is appended) or topic"},
  {"producers", INT, AT(producers), "connections that publish or produce"},
  {"consumers", INT, AT(consumers), "connections that consume or fetch"},
  {"queues", INT, AT(queues), "queues, or partitions"},
  {"size", SIZE, AT(size), "bytes of a body or record value, 16 at least (100)"},
  {"count", COUNT, AT(count), "stop after so many messages in place of --seconds"},
  {"seconds", REAL, AT(seconds), "measured time (4)"},
  {"warmup", REAL, AT(warmup), "before that (1)"},
  {"rate", REAL, AT(rate), "messages or batches a second per producer; 0 = as fast as it goes"},
  {"patience", REAL, AT(patience), "seconds without progress that make a run fail (60)"},
  {"keep", FLAG, AT(keep), "use and leave the queue or topic as it is"},
  {"persistent", FLAG, AT(persistent), "amqp: delivery mode 2"},
  {"props", FLAG, AT(props), "amqp: content type, headers and message id as well"},
  {"split", FLAG, AT(split), "amqp: one system call a frame"},
  {"confirms", COUNT, AT(confirms), "amqp: confirm mode, at most so many unconfirmed"},
  {"ahead", COUNT, AT(ahead), "amqp: at most so many published and not received"},
  {"ack", COUNT, AT(ack), "amqp: acknowledge every so many; 0 = automatically"},
  {"prefetch", INT, AT(prefetch), "amqp: (1000 when acknowledging); 0 = no limit"},
  {"stride", COUNT, AT(stride), "amqp drain, settle: keep or expect multiples of this only"},
  {"queue-type", TEXT, AT(queue_type), "amqp: x-queue-type"},
  {"batch", SIZE, AT(batch), "kafka: bytes of a record batch (65536)"},
  {"spread", INT, AT(spread), "kafka: batches in a produce request, each for the next of the producer's partitions (1)"},
  {"fetch-bytes", SIZE, AT(fetch_bytes), "kafka: bytes a partition in a fetch (1048576)"},
  {"in-flight", INT, AT(in_flight), "kafka: produce requests (5)"},
  {"acks", INT, AT(acks), "kafka: (-1, all)"},
  {"verify", INT, AT(verify), "kafka: check the CRC of every so many fetched batches (1); 0 = none"},
  {"tls", FLAG, AT(tls), "kafka: encrypted; any certificate will do"},
  {"user", TEXT, AT(user), "kafka: log in by SCRAM-SHA-256"},
  {"password", TEXT, AT(password), "kafka: with this"},
  {"config", TEXT, AT(config), "kafka: of the topic, name=value,..."},
};
enum { OPTIONS = sizeof table / sizeof *table };

void options_print(void) {
  for (int i = 0; i < OPTIONS; i++)
    fprintf(stderr, "  --%s%s: %s\n", table[i].name, table[i].type == FLAG ? "" : " X", table[i].help);
}

Options options_parse(int n, char **words) {
  Options o = {.host = "127.0.0.1", .name = "bench", .producers = 1, .consumers = 1, .queues = 1, .size = 100,
               .seconds = 4, .warmup = 1, .patience = 60, .prefetch = 1000, .stride = 1, .batch = 65536,
               .fetch_bytes = 1048576, .spread = 1, .in_flight = 5, .acks = -1, .verify = 1};
  for (int i = 0; i < n; i++) {
    const Option *found = NULL;
    for (int k = 0; k < OPTIONS; k++)
      if (!strncmp(words[i], "--", 2) && !strcmp(words[i] + 2, table[k].name)) found = &table[k];
    if (!found) fail("no option %s", words[i]);
    void *to = (char *)&o + found->at;
    if (found->type == FLAG) {
      *(bool *)to = true;
      continue;
    }
    if (++i == n) fail("%s wants a value", words[i - 1]);
    const char *value = words[i];
    switch (found->type) {
      case TEXT: *(const char **)to = value; break;
      case INT: *(int *)to = atoi(value); break;
      case SIZE: *(size_t *)to = strtoull(value, NULL, 10); break;
      case COUNT: *(u64 *)to = strtoull(value, NULL, 10); break;
      default: *(double *)to = atof(value);
    }
  }
  if (o.size < 16) fail("--size is 16 at least: a sequence number and a time");
  if (!o.stride || o.queues < 1) fail("--stride and --queues are 1 at least");
  return o;
}
