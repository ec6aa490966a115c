import type { Delivery, Headers, IncomingRecord, Settlement } from '../../../sdk/engine.ts'
import { EXPIRES_AT, MESSAGE_ID, NOT_BEFORE, SENT_AT } from '../../../sdk/wire-names.ts'
import type { Part } from './part.ts'

const NOTHING = new Uint8Array(0)

/** A message that waits to be handed out. */
export interface Item {
  readonly part: Part
  readonly record: IncomingRecord
}

type OnSettle = (delivery: KafkaDelivery, settlement: Settlement) => Promise<void> | void

/** One hand-out of a message. */
export class KafkaDelivery implements Delivery {
  readonly queue: string
  readonly item: Item
  readonly body: Uint8Array
  readonly headers: Headers
  readonly key: string | null
  readonly redeliveries: number
  readonly sentAt: number
  private readonly onSettle: OnSettle

  constructor(queue: string, item: Item, onSettle: OnSettle) {
    const { part, record } = item
    const headers = headersOf(item)
    this.queue = queue
    this.item = item
    this.body = record.body ?? NOTHING
    this.headers = headers
    this.key = record.key
    this.redeliveries = part.ledger.redeliveries(record.offset)
    this.sentAt = Number(headers[SENT_AT] ?? record.timestamp)
    this.onSettle = onSettle
  }

  settle(settlement: Settlement): Promise<void> | void {
    return this.onSettle(this, settlement)
  }

  /** The member's heartbeats say that it is there. */
  async renew(): Promise<void> {}
}

/** Whoever wrote it: each has an id, which stays the same when it is handed out again. */
function headersOf({ part, record }: Item): Headers {
  const { headers } = record
  if (headers[MESSAGE_ID] !== undefined && headers[NOT_BEFORE] === undefined) return headers
  const { [NOT_BEFORE]: _due, ...kept } = headers
  const { topic, partition } = part.source
  return { [MESSAGE_ID]: `${topic}/${partition}/${record.offset}`, ...kept }
}

export function expiresAt(headers: Headers): number | null {
  const text = headers[EXPIRES_AT]
  return text === undefined ? null : Number(text)
}
