import type { Exchange } from '../../core/exchange/exchange.ts'
import type { MessageContract } from '../../core/queue/contract.ts'
import type { Queue } from '../../core/queue/queue.ts'
import { readFrame } from '../../core/schema/framing.ts'
import type { SchemaEntry } from '../../core/subject/subject.ts'
import type { Broker } from '../broker.ts'
import type { Message } from '../queue/message.ts'
import { turnAway } from '../queue/turn-away.ts'
import { Body } from './body.ts'
import { type Checked, checkBody, checkFramed } from './check-data.ts'
import { compile, compileSoon } from './compile.ts'
import { framedSchema, schemaOf } from './find-schema.ts'
import type { Tally } from './tally.ts'
import { noteBroken } from './tell.ts'

/**
 * What the publisher hears of a message that is refused: a nack, or nothing, since it did not ask for confirms; or it was told long ago that the
 * message is stored, which has only come to its queues now.
 */
export type Hears = 'nack' | 'nothing' | 'was-confirmed'

/** What becomes of a message that breaks a contract: its publisher is told, or it goes to the dead letters, is given up, or is taken after all. */
type Fate = 'told' | 'buried' | 'dropped' | 'taken'

/** What contracts leave of a message's way. */
export interface Kept {
  /** The queues that take it. */
  readonly queues: Queue[]
  /** Whether the exchange or a queue refused it: who asks for confirms gets a nack. */
  readonly refused: boolean
  /** It was the exchange, and the message goes nowhere. */
  readonly stopped: boolean
}

/** Whether a message through this exchange to these queues has to be looked into. */
export function isUnderContract(broker: Broker, exchange: Exchange | null, queues: readonly Queue[]): boolean {
  const { contracts } = broker
  if (!contracts.any) return false
  if (exchange !== null && contracts.exchanges.has(exchange)) return true
  return queues.some((queue) => queue.settings.contract !== null)
}

/**
 * Whether a validator is still missing by which the message will be checked. It is then being made, and whoever waits for room is called when it is
 * there.
 */
export function mustCompile(
  broker: Broker,
  exchange: Exchange | null,
  queues: readonly Queue[],
  message: Message,
): boolean {
  const own = exchange === null ? undefined : broker.contracts.exchanges.get(exchange)
  if (own !== undefined && isMissing(broker, own, message)) return true
  for (let i = 0; i < queues.length; i++) {
    const { contract } = queues[i]!.settings
    if (contract !== null && isMissing(broker, contract, message)) return true
  }
  return false
}

function isMissing(broker: Broker, contract: MessageContract, message: Message): boolean {
  if (contract.by === 'id') return false
  const schema = schemaFor(broker, contract, message)
  if (schema === undefined || broker.contracts.validators.known(schema) !== undefined) return false
  const { making } = broker.contracts
  if (making.has(schema)) return true
  making.add(schema)
  compileSoon(broker, schema, () => {
    making.delete(schema)
    broker.progressed()
  })
  return true
}

/** The schema that a message will be looked into by, if there is one. */
function schemaFor(
  broker: Broker,
  { subject, version, by }: MessageContract,
  message: Message,
): SchemaEntry | undefined {
  if (by === 'body') {
    const schema = schemaOf(broker, subject, version)
    return typeof schema === 'string' ? undefined : schema
  }
  const { bytes, at, end } = new Body(message)
  const frame = readFrame(bytes, at, end)
  return typeof frame === 'string' ? undefined : framedSchema(broker, frame)
}

/**
 * Asks the contracts of the exchange and of each queue about a message. What an exchange refuses goes nowhere; a queue that refuses it is left
 * out. Where its publisher does not hear of it, it is dead-lettered, as the contract says, or counted as dropped; but what was confirmed is dropped
 * only where the contract says so in words.
 */
export function underContract(
  broker: Broker,
  vhost: string,
  exchange: Exchange | null,
  queues: Queue[],
  message: Message,
  hears: Hears,
): Kept {
  const { contracts } = broker
  const body = new Body(message)
  const own = exchange === null ? undefined : contracts.exchanges.get(exchange)
  if (own !== undefined) {
    const tally = contracts.tally(exchange!)
    const why = broken(broker, own, body, tally)
    if (why !== null) {
      const fate = !own.refuses ? 'taken' : hears === 'nack' ? 'told' : 'dropped'
      count(tally, fate)
      noteBroken(broker, tally, 'exchange', exchange!.name, vhost, why)
      if (fate !== 'taken') return { queues: [], refused: true, stopped: true }
    }
  }
  let takers = queues
  for (let i = 0; i < queues.length; i++) {
    const queue = queues[i]!
    if (queue.settings.contract === null || takes(broker, vhost, queue, message, body, hears)) continue
    if (takers === queues) takers = [...queues]
    takers.splice(takers.indexOf(queue), 1)
  }
  return { queues: takers, refused: takers !== queues, stopped: false }
}

/** Whether a queue with a contract takes a message. */
function takes(broker: Broker, vhost: string, queue: Queue, message: Message, body: Body, hears: Hears): boolean {
  const tally = broker.contracts.tally(queue)
  const why = broken(broker, queue.settings.contract!, body, tally)
  if (why === null) return true
  const fate = fateAt(queue, hears)
  count(tally, fate)
  noteBroken(broker, tally, 'queue', queue.name, vhost, why)
  if (fate === 'buried') turnAway(broker, queue, message, 'rejected')
  return fate === 'taken'
}

function fateAt({ settings }: Queue, hears: Hears): Fate {
  const { refuses, buries } = settings.contract!
  if (!refuses) return 'taken'
  if (hears === 'nack') return 'told'
  if (buries && settings.deadLetterExchange !== null) return 'buried'
  return buries && hears === 'was-confirmed' ? 'taken' : 'dropped'
}

function count(tally: Tally, fate: Fate): void {
  if (fate === 'taken') {
    tally.warned += 1
    return
  }
  tally.refused += 1
  if (fate !== 'told') tally[fate] += 1
}

/** Why a message breaks a contract. The validator has been made by now, unless nobody could wait for it: for a transaction, or what was delayed. */
function broken(broker: Broker, contract: MessageContract, body: Body, tally: Tally): string | null {
  tally.checked += 1
  const { problem, missing } = check(broker, contract, body)
  if (missing === null) return problem
  compile(broker, missing)
  return check(broker, contract, body).problem
}

function check(broker: Broker, { subject, version, by }: MessageContract, body: Body): Checked {
  const { bytes, at, end } = body
  if (by !== 'body') return checkFramed(broker, by, subject, body)
  const schema = schemaOf(broker, subject, version)
  if (typeof schema === 'string') return { problem: schema, missing: null }
  const { type } = schema.content
  if (body.isOf(type)) return checkBody(broker, schema, bytes, at, end)
  return { problem: `its content type '${body.contentType}' is not that of ${type}`, missing: null }
}
