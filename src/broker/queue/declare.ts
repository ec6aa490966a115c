import type { Queue } from '../../core/queue/queue.ts'
import type { Random } from '../../env/random.ts'
import type { Table } from '../../wire/amqp/field.ts'
import type { Broker } from '../broker.ts'
import { prepareContract } from '../contract/compile.ts'
import { checkEquivalent, checkEquivalentArguments } from '../equivalence.ts'
import { type Named, type Outcome, type Refusal, refuse } from '../refusal.ts'
import { change } from '../topology.ts'
import { vhostLimit } from '../vhost/limits.ts'
import type { VHost } from '../vhost.ts'
import { checkArguments, checkProperties, comparable, comparedArguments, typeOf } from './arguments.ts'
import { deliverFirst } from './deliver.ts'
import { findQueue } from './find.ts'
import { renewLease } from './lease.ts'

export interface QueueDeclaration {
  readonly name: string
  /** The broker has made the name up, which may begin as only its own do. */
  readonly generated?: boolean
  readonly durable: boolean
  /** The queue is this connection's own, and goes with it. */
  readonly exclusive: boolean
  readonly autoDelete: boolean
  readonly args: Table
}

/** Makes a queue, or finds the one that was declared alike before. `connection` is the id of who asks. */
export function declareQueue(
  broker: Broker,
  vhost: VHost,
  connection: number,
  declaration: QueueDeclaration,
): Outcome<{ readonly queue: Queue }> {
  const { name, exclusive, autoDelete } = declaration
  const args = withType(vhost, declaration)
  const at = { what: 'queue', name, vhost: vhost.name } as const
  if (name.startsWith('amq.') && declaration.generated !== true) return refuse({ reason: 'reserved-name', at })
  const existing = vhost.queues.get(name)
  if (existing !== undefined) {
    const refusal = checkSame(at, existing, connection, { ...declaration, args })
    if (refusal !== null) return refusal
    return used(broker, existing)
  }
  if (declaration.generated === true && typeOf(args) !== 'classic')
    return refuse({ reason: 'unnamed', type: typeOf(args) })
  const refusal = checkArguments(at, args) ?? checkProperties(at, { ...declaration, args })
  if (refusal !== null) return refusal
  const most = vhostLimit(broker, vhost.name, 'max-queues')
  if (vhost.queues.size >= most) return refuse({ reason: 'queue-limit', at, most })
  if (typeOf(args) === 'stream') {
    const refusal = broker.streams === null ? unsupported(at) : broker.streams.declare(at, args)
    if (refusal !== null) return refusal
  }
  // An exclusive queue does not outlive its connection, whatever was asked for.
  const durable = declaration.durable && !exclusive
  const id = ++broker.lastId
  const exclusiveOwner = exclusive ? connection : 0
  change(broker, { kind: 'queue', id, vhost: vhost.name, name, durable, autoDelete, exclusiveOwner, args }, durable)
  const queue = vhost.queues.get(name)!
  queue.changedAt = vhost.changedAt
  if (queue.settings.contract !== null) prepareContract(broker, queue.settings.contract)
  if (queue.settings.type === 'stream') broker.streams?.open(queue)
  renewLease(broker, queue)
  return { ok: true, queue }
}

/** A passive declaration: the queue of that name, however it was declared. */
export function declarePassively(
  broker: Broker,
  vhost: VHost,
  connection: number,
  name: string,
): Outcome<{ readonly queue: Queue }> {
  const found = findQueue(vhost, name, connection)
  return found.ok ? used(broker, found.queue) : found
}

function used(broker: Broker, queue: Queue): Outcome<{ readonly queue: Queue }> {
  renewLease(broker, queue)
  deliverFirst(broker, queue)
  return { ok: true, queue }
}

/** A broker without topics has no streams either. */
function unsupported(at: Named): Refusal {
  const because = { problem: 'unsupported-queue-type', type: 'stream' } as const
  return refuse({ reason: 'invalid-argument', at, arg: 'x-queue-type', because })
}

/** A name that nobody else has: `prefix` and 22 characters of base64url. */
export function generateName(random: Random, prefix: string): string {
  const bytes = new Uint8Array(16)
  random.fill(bytes)
  return prefix + Buffer.from(bytes).toString('base64url')
}

function checkSame(at: Named, queue: Queue, connection: number, declaration: QueueDeclaration): Refusal | null {
  const { settings } = queue
  const was = comparable(queue.args)
  const is = comparable(declaration.args)
  const [before, after] = comparedArguments(settings.type)
  if (settings.exclusiveOwner !== (declaration.exclusive ? connection : 0)) return refuse({ reason: 'locked', at })
  const durable = declaration.durable && !declaration.exclusive
  return (
    checkEquivalent(at, 'durable', settings.durable, durable) ??
    checkEquivalent(at, 'auto_delete', settings.autoDelete, declaration.autoDelete) ??
    checkEquivalentArguments(at, was, is, before) ??
    checkEquivalent(at, 'x-queue-type', settings.type, typeOf(declaration.args)) ??
    checkEquivalentArguments(at, was, is, after)
  )
}

/** Without a type among the arguments it is the vhost's default, for queues that can be of it. */
function withType(vhost: VHost, { args, durable, exclusive, autoDelete }: QueueDeclaration): Table {
  const type = vhost.defaultQueueType
  if (args.has('x-queue-type') || type === 'classic' || !durable || exclusive || autoDelete) return args
  return new Map(args).set('x-queue-type', { type: 'S', value: type })
}
