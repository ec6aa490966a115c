/* A connection with channel 1 open, and blocking calls on it, for as long as its socket is in no epoll set. */
#ifndef AMQP_CONNECTION_H
#define AMQP_CONNECTION_H
#include "amqp-wire.h"
#include "options.h"

typedef struct { int fd; size_t frame_max; u64 blocked; } Connection;

Connection amqp_open(const Options *o);
void amqp_call(Connection *c, Writer *w, u32 expected, Reader *reply); /* sends what is in w, waits for the method */
u32 amqp_declare(Connection *c, const Options *o, const char *queue, bool passive); /* messages ready */
void amqp_delete(Connection *c, const char *queue);
void amqp_consume(Connection *c, const char *queue, bool auto_ack, int prefetch);
void amqp_confirm_select(Connection *c);
void amqp_close(Connection *c); /* waits for close-ok: all that was sent before has been handled */

/* A method frame that may come at any time: closes fail the run, blocked is counted. False when it is none of them. */
bool amqp_unasked(Connection *c, u32 method, Reader *arguments);

#endif
