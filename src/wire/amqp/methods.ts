import { type Method, method } from './method.ts'

/**
 * Every method of AMQP 0-9-1 as RabbitMQ extends it: one line each. The arguments' names are the specification's in camel case
 * (`ticket` is its reserved-1).
 */

export const connection = {
  start: method(
    'connection.start',
    10,
    10,
    'server',
    {
      versionMajor: 'octet',
      versionMinor: 'octet',
      serverProperties: 'table',
      mechanisms: 'longstr',
      locales: 'longstr',
    },
    { synchronous: true },
  ),
  startOk: method('connection.start-ok', 10, 11, 'client', {
    clientProperties: 'table',
    mechanism: 'shortstr',
    response: 'longstr',
    locale: 'shortstr',
  }),
  secure: method('connection.secure', 10, 20, 'server', { challenge: 'longstr' }, { synchronous: true }),
  secureOk: method('connection.secure-ok', 10, 21, 'client', { response: 'longstr' }),
  tune: method(
    'connection.tune',
    10,
    30,
    'server',
    { channelMax: 'short', frameMax: 'long', heartbeat: 'short' },
    { synchronous: true },
  ),
  tuneOk: method('connection.tune-ok', 10, 31, 'client', { channelMax: 'short', frameMax: 'long', heartbeat: 'short' }),
  open: method(
    'connection.open',
    10,
    40,
    'client',
    { virtualHost: 'shortstr', capabilities: 'shortstr', insist: 'bit' },
    { synchronous: true },
  ),
  openOk: method('connection.open-ok', 10, 41, 'server', { knownHosts: 'shortstr' }),
  close: method(
    'connection.close',
    10,
    50,
    'both',
    { replyCode: 'short', replyText: 'shortstr', classId: 'short', methodId: 'short' },
    { synchronous: true },
  ),
  closeOk: method('connection.close-ok', 10, 51, 'both', {}),
  blocked: method('connection.blocked', 10, 60, 'server', { reason: 'shortstr' }),
  unblocked: method('connection.unblocked', 10, 61, 'server', {}),
  updateSecret: method(
    'connection.update-secret',
    10,
    70,
    'client',
    { newSecret: 'longstr', reason: 'shortstr' },
    { synchronous: true },
  ),
  updateSecretOk: method('connection.update-secret-ok', 10, 71, 'server', {}),
} as const

export const channel = {
  open: method('channel.open', 20, 10, 'client', { outOfBand: 'shortstr' }, { synchronous: true }),
  openOk: method('channel.open-ok', 20, 11, 'server', { channelId: 'longstr' }),
  flow: method('channel.flow', 20, 20, 'both', { active: 'bit' }, { synchronous: true }),
  flowOk: method('channel.flow-ok', 20, 21, 'both', { active: 'bit' }),
  close: method(
    'channel.close',
    20,
    40,
    'both',
    { replyCode: 'short', replyText: 'shortstr', classId: 'short', methodId: 'short' },
    { synchronous: true },
  ),
  closeOk: method('channel.close-ok', 20, 41, 'both', {}),
} as const

export const access = {
  request: method(
    'access.request',
    30,
    10,
    'client',
    { realm: 'shortstr', exclusive: 'bit', passive: 'bit', active: 'bit', write: 'bit', read: 'bit' },
    { synchronous: true },
  ),
  requestOk: method('access.request-ok', 30, 11, 'server', { ticket: 'short' }),
} as const

export const exchange = {
  declare: method(
    'exchange.declare',
    40,
    10,
    'client',
    {
      ticket: 'short',
      exchange: 'shortstr',
      type: 'shortstr',
      passive: 'bit',
      durable: 'bit',
      autoDelete: 'bit',
      internal: 'bit',
      nowait: 'bit',
      arguments: 'table',
    },
    { synchronous: true },
  ),
  declareOk: method('exchange.declare-ok', 40, 11, 'server', {}),
  delete: method(
    'exchange.delete',
    40,
    20,
    'client',
    { ticket: 'short', exchange: 'shortstr', ifUnused: 'bit', nowait: 'bit' },
    { synchronous: true },
  ),
  deleteOk: method('exchange.delete-ok', 40, 21, 'server', {}),
  bind: method(
    'exchange.bind',
    40,
    30,
    'client',
    {
      ticket: 'short',
      destination: 'shortstr',
      source: 'shortstr',
      routingKey: 'shortstr',
      nowait: 'bit',
      arguments: 'table',
    },
    { synchronous: true },
  ),
  bindOk: method('exchange.bind-ok', 40, 31, 'server', {}),
  unbind: method(
    'exchange.unbind',
    40,
    40,
    'client',
    {
      ticket: 'short',
      destination: 'shortstr',
      source: 'shortstr',
      routingKey: 'shortstr',
      nowait: 'bit',
      arguments: 'table',
    },
    { synchronous: true },
  ),
  unbindOk: method('exchange.unbind-ok', 40, 51, 'server', {}),
} as const

export const queue = {
  declare: method(
    'queue.declare',
    50,
    10,
    'client',
    {
      ticket: 'short',
      queue: 'shortstr',
      passive: 'bit',
      durable: 'bit',
      exclusive: 'bit',
      autoDelete: 'bit',
      nowait: 'bit',
      arguments: 'table',
    },
    { synchronous: true },
  ),
  declareOk: method('queue.declare-ok', 50, 11, 'server', {
    queue: 'shortstr',
    messageCount: 'long',
    consumerCount: 'long',
  }),
  bind: method(
    'queue.bind',
    50,
    20,
    'client',
    {
      ticket: 'short',
      queue: 'shortstr',
      exchange: 'shortstr',
      routingKey: 'shortstr',
      nowait: 'bit',
      arguments: 'table',
    },
    { synchronous: true },
  ),
  bindOk: method('queue.bind-ok', 50, 21, 'server', {}),
  purge: method(
    'queue.purge',
    50,
    30,
    'client',
    { ticket: 'short', queue: 'shortstr', nowait: 'bit' },
    { synchronous: true },
  ),
  purgeOk: method('queue.purge-ok', 50, 31, 'server', { messageCount: 'long' }),
  delete: method(
    'queue.delete',
    50,
    40,
    'client',
    { ticket: 'short', queue: 'shortstr', ifUnused: 'bit', ifEmpty: 'bit', nowait: 'bit' },
    { synchronous: true },
  ),
  deleteOk: method('queue.delete-ok', 50, 41, 'server', { messageCount: 'long' }),
  unbind: method(
    'queue.unbind',
    50,
    50,
    'client',
    { ticket: 'short', queue: 'shortstr', exchange: 'shortstr', routingKey: 'shortstr', arguments: 'table' },
    { synchronous: true },
  ),
  unbindOk: method('queue.unbind-ok', 50, 51, 'server', {}),
} as const

export const basic = {
  qos: method(
    'basic.qos',
    60,
    10,
    'client',
    { prefetchSize: 'long', prefetchCount: 'short', global: 'bit' },
    { synchronous: true },
  ),
  qosOk: method('basic.qos-ok', 60, 11, 'server', {}),
  consume: method(
    'basic.consume',
    60,
    20,
    'client',
    {
      ticket: 'short',
      queue: 'shortstr',
      consumerTag: 'shortstr',
      noLocal: 'bit',
      noAck: 'bit',
      exclusive: 'bit',
      nowait: 'bit',
      arguments: 'table',
    },
    { synchronous: true },
  ),
  consumeOk: method('basic.consume-ok', 60, 21, 'server', { consumerTag: 'shortstr' }),
  cancel: method('basic.cancel', 60, 30, 'both', { consumerTag: 'shortstr', nowait: 'bit' }, { synchronous: true }),
  cancelOk: method('basic.cancel-ok', 60, 31, 'both', { consumerTag: 'shortstr' }),
  publish: method(
    'basic.publish',
    60,
    40,
    'client',
    { ticket: 'short', exchange: 'shortstr', routingKey: 'shortstr', mandatory: 'bit', immediate: 'bit' },
    { content: true },
  ),
  return: method(
    'basic.return',
    60,
    50,
    'server',
    { replyCode: 'short', replyText: 'shortstr', exchange: 'shortstr', routingKey: 'shortstr' },
    { content: true },
  ),
  deliver: method(
    'basic.deliver',
    60,
    60,
    'server',
    {
      consumerTag: 'shortstr',
      deliveryTag: 'longlong',
      redelivered: 'bit',
      exchange: 'shortstr',
      routingKey: 'shortstr',
    },
    { content: true },
  ),
  get: method(
    'basic.get',
    60,
    70,
    'client',
    { ticket: 'short', queue: 'shortstr', noAck: 'bit' },
    { synchronous: true },
  ),
  getOk: method(
    'basic.get-ok',
    60,
    71,
    'server',
    { deliveryTag: 'longlong', redelivered: 'bit', exchange: 'shortstr', routingKey: 'shortstr', messageCount: 'long' },
    { content: true },
  ),
  getEmpty: method('basic.get-empty', 60, 72, 'server', { clusterId: 'shortstr' }),
  ack: method('basic.ack', 60, 80, 'both', { deliveryTag: 'longlong', multiple: 'bit' }),
  reject: method('basic.reject', 60, 90, 'client', { deliveryTag: 'longlong', requeue: 'bit' }),
  recoverAsync: method('basic.recover-async', 60, 100, 'client', { requeue: 'bit' }),
  recover: method('basic.recover', 60, 110, 'client', { requeue: 'bit' }, { synchronous: true }),
  recoverOk: method('basic.recover-ok', 60, 111, 'server', {}),
  nack: method('basic.nack', 60, 120, 'both', { deliveryTag: 'longlong', multiple: 'bit', requeue: 'bit' }),
} as const

export const confirm = {
  select: method('confirm.select', 85, 10, 'client', { nowait: 'bit' }, { synchronous: true }),
  selectOk: method('confirm.select-ok', 85, 11, 'server', {}),
} as const

export const tx = {
  select: method('tx.select', 90, 10, 'client', {}, { synchronous: true }),
  selectOk: method('tx.select-ok', 90, 11, 'server', {}),
  commit: method('tx.commit', 90, 20, 'client', {}, { synchronous: true }),
  commitOk: method('tx.commit-ok', 90, 21, 'server', {}),
  rollback: method('tx.rollback', 90, 30, 'client', {}, { synchronous: true }),
  rollbackOk: method('tx.rollback-ok', 90, 31, 'server', {}),
} as const

export const CLASSES = { connection, channel, access, exchange, queue, basic, confirm, tx } as const

/** All methods by their `key`. */
export const METHODS: ReadonlyMap<number, Method> = new Map(
  Object.values(CLASSES)
    .flatMap((methods): Method[] => Object.values(methods))
    .map((each) => [each.key, each]),
)
