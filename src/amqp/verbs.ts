import { AmqpError } from '../wire/amqp/amqp-error.ts'
import { access, channel as channelMethods } from '../wire/amqp/methods.ts'
import { ack } from './basic/ack.ts'
import { cancel } from './basic/cancel.ts'
import { consume } from './basic/consume.ts'
import { get } from './basic/get.ts'
import { nack } from './basic/nack.ts'
import { qos } from './basic/qos.ts'
import { recover, recoverAsync } from './basic/recover.ts'
import { reject } from './basic/reject.ts'
import { confirmSelect } from './confirm/select.ts'
import { exchangeBind } from './exchange/bind.ts'
import { exchangeDeclare } from './exchange/declare.ts'
import { exchangeDelete } from './exchange/delete.ts'
import { exchangeUnbind } from './exchange/unbind.ts'
import { queueBind } from './queue/bind.ts'
import { queueDeclare } from './queue/declare.ts'
import { queueDelete } from './queue/delete.ts'
import { queuePurge } from './queue/purge.ts'
import { queueUnbind } from './queue/unbind.ts'
import { txCommit } from './tx/commit.ts'
import { txRollback } from './tx/rollback.ts'
import { txSelect } from './tx/select.ts'
import { type Verb, verb } from './verb.ts'

const flow = verb(channelMethods.flow, (channel, { active }) => {
  if (!active) throw new AmqpError('not-implemented', 'active=false')
  channel.reply(channelMethods.flowOk, { active })
})

/** Obsolete, but still answered. */
const accessRequest = verb(access.request, (channel) => channel.reply(access.requestOk, { ticket: 1 }))

const ALL: readonly Verb[] = [
  accessRequest,
  ack,
  cancel,
  confirmSelect,
  consume,
  exchangeBind,
  exchangeDeclare,
  exchangeDelete,
  exchangeUnbind,
  flow,
  get,
  nack,
  qos,
  queueBind,
  queueDeclare,
  queueDelete,
  queuePurge,
  queueUnbind,
  recover,
  recoverAsync,
  reject,
  txCommit,
  txRollback,
  txSelect,
]

/** What can be asked of an open channel, by the method's key; publish, open and close are the connection's own. */
export const VERBS: ReadonlyMap<number, Verb> = new Map(ALL.map((each) => [each.method.key, each]))
