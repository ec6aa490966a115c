/** What is sent, and how. */
export interface Load {
  /** Messages that are sent and not yet confirmed. */
  readonly inFlight: number
  /** Messages that are handed out and not yet acknowledged. */
  readonly prefetch: number
  /** Messages that are sent with one call; 1: each by itself. */
  readonly batch: number
  /** Handlers return promises. */
  readonly async: boolean
}

/** One way to send and handle messages, connected and with an empty queue. */
export interface Session {
  /** Sends orders from 0 to `count` and handles them; resolves when all are confirmed and handled. */
  run(count: number): Promise<void>
  close(): Promise<void>
}

/** Opens a session at `target` with queues of that name. */
export type Way = (target: string, name: string, load: Load) => Promise<Session>

export interface Order {
  readonly id: string
  readonly total: number
  readonly lines: readonly { readonly sku: string; readonly count: number }[]
}

/** About 150 bytes of JSON. */
export function orderOf(n: number): Order {
  return { id: `o-${n}`, total: n, lines: [1, 2, 3].map((line) => ({ sku: `sku-${n}-${line}`, count: line })) }
}

export function ordersOf(from: number, count: number): Order[] {
  return Array.from({ length: count }, (_, n) => orderOf(from + n))
}

/** Sends `count` orders, so many at a time; `send` gets the number of the first and how many go with it. */
export function sendAll(
  count: number,
  { inFlight, batch }: Load,
  send: (first: number, many: number) => Promise<unknown>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0
    let confirmed = 0
    const more = () => {
      if (next >= count) return
      const first = next
      const many = Math.min(batch, count - first)
      next += many
      send(first, many).then(() => {
        confirmed += many
        if (confirmed === count) resolve()
        else more()
      }, reject)
    }
    for (let at = 0; at < inFlight; at += batch) more()
  })
}

/** Handles orders: adds their totals up, so that one that is missing, or comes twice, shows. */
export class Ledger {
  private left = 0
  private total = 0
  private expected = 0
  private resolve = () => {}
  private reject: (error: Error) => void = () => {}

  /** Resolves when so many orders were handled. */
  expect(count: number): Promise<void> {
    this.left = count
    this.total = 0
    this.expected = (count * (count - 1)) / 2
    return new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  readonly take = (order: Order): void => {
    this.total += order.total
    if (--this.left > 0) return
    if (this.left === 0 && this.total === this.expected) this.resolve()
    else this.reject(new Error(`totals add up to ${this.total}, but should to ${this.expected}`))
  }

  readonly takeLater = async (order: Order): Promise<void> => this.take(order)
}
