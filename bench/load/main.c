#include "amqp-load.h"
#include "kafka-load.h"
#include "measure.h"
#include <signal.h>

int selftest(void);

typedef struct { const char *protocol, *verb; int (*run)(Options *o); const char *help; } Command;
static const Command commands[] = {
  {"amqp", "run", amqp_run, "publish and consume at once (--consumers 0: publish only)"},
  {"amqp", "fill", amqp_fill, "publish --count messages that stay"},
  {"amqp", "drain", amqp_drain, "consume --count messages that are there"},
  {"amqp", "settle", amqp_settle, "receive --count, acknowledge all but multiples of --stride in random order"},
  {"amqp", "ping", amqp_ping, "wait until a queue has been declared"},
  {"kafka", "run", kafka_run, "produce and fetch at once (--consumers 0: produce only)"},
  {"kafka", "fill", kafka_fill, "produce --count records that stay"},
  {"kafka", "drain", kafka_drain, "fetch --count records from offset 0"},
  {"kafka", "ping", kafka_ping, "wait until the metadata name a broker"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

int main(int n, char **words) {
  signal(SIGPIPE, SIG_IGN);
  if (n == 2 && !strcmp(words[1], "selftest")) return selftest();
  for (int i = 0; n >= 3 && i < COMMANDS; i++) {
    if (strcmp(words[1], commands[i].protocol) || strcmp(words[2], commands[i].verb)) continue;
    Options o = options_parse(n - 3, words + 3);
    if (!o.port) o.port = words[1][0] == 'a' ? 5672 : 9092;
    return commands[i].run(&o);
  }
  fprintf(stderr, "load selftest\n");
  for (int i = 0; i < COMMANDS; i++)
    fprintf(stderr, "load %s %s: %s\n", commands[i].protocol, commands[i].verb, commands[i].help);
  options_print();
  return 2;
}
