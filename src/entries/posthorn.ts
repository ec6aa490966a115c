export { busOver, type ConnectOptions, connect, type FeaturesOf } from '../engines/connect.ts'
export { type AsyncApiInfo, asyncApi } from '../sdk/async-api.ts'
export type { BatchMessage } from '../sdk/batch-consumer.ts'
export {
  Bus,
  type Item,
  type Receipt,
  type RequestOptions,
  type SendOptions,
  type Sent,
  type Transaction,
} from '../sdk/bus.ts'
export type { Clock } from '../sdk/clock.ts'
export type {
  BatchHandler,
  BatchOptions,
  ConsumeOptions,
  Consuming,
  HandlingChoices,
  Idempotency,
} from '../sdk/consume.ts'
export type { Context } from '../sdk/context.ts'
export { avro } from '../sdk/contract/avro.ts'
export type { Codec, Contract } from '../sdk/contract/contract.ts'
export type { AvroSchema, FromAvro } from '../sdk/contract/from-avro.ts'
export type { FromSchema, JsonSchema } from '../sdk/contract/from-schema.ts'
export { json } from '../sdk/contract/json.ts'
export { jsonSchema } from '../sdk/contract/json-schema.ts'
export { raw } from '../sdk/contract/raw.ts'
export type { Input, Output, Schema } from '../sdk/contract/schema.ts'
export { type DeadLetter, DeadLetters, type RedriveOptions, type Selection } from '../sdk/dead-letters.ts'
export type { Duration, Instant } from '../sdk/duration.ts'
export type { Features, PublishedPlace, RecordPlace } from '../sdk/engine.ts'
export type { Failure } from '../sdk/failure.ts'
export type { Handle, Handler, Middleware } from '../sdk/handling.ts'
export type { Logger } from '../sdk/logger.ts'
export { type CircuitBreakerOptions, circuitBreaker } from '../sdk/middleware/circuit-breaker.ts'
export { logging } from '../sdk/middleware/logging.ts'
export { type RateLimitOptions, rateLimit } from '../sdk/middleware/rate-limit.ts'
export { retryInPlace } from '../sdk/middleware/retry-in-place.ts'
export { timeLimit } from '../sdk/middleware/time-limit.ts'
export { type PostgresClient, type PostgresOptions, type PostgresPool, postgresStore } from '../sdk/outbox/postgres.ts'
export { type SqliteDatabase, type SqliteOptions, sqliteStore } from '../sdk/outbox/sqlite.ts'
export type { Inbox, Outbox, OutboxEntry, Refusal, RefusedEntry, Store } from '../sdk/outbox/store.ts'
export type { MessageOptions, RecordOptions } from '../sdk/outgoing.ts'
export { type ErrorCode, PosthornError } from '../sdk/posthorn-error.ts'
export { type AnyQueue, type Queue, type QueueOptions, queue } from '../sdk/queue.ts'
export type { Outcome } from '../sdk/receipts.ts'
export { type RegistryOptions, schemaRegistry } from '../sdk/registry/client.ts'
export type { RegisteredSchema, SchemaRegistry } from '../sdk/registry/registry.ts'
export { permanent, type RetryOptions, type RetryPolicy, reject } from '../sdk/retry.ts'
export type { From, Subscribed, SubscribeOptions } from '../sdk/subscribe.ts'
export { type AnyTopic, type Topic, type TopicOptions, topic } from '../sdk/topic.ts'
