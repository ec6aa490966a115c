import { Link } from './link.ts'
import { show } from './show.ts'
import { NO_TOPIC } from './topic-id.ts'

/** A connection of its own for each: a member whose join is parked lets nobody else through. */
export type Seat = 'main' | 'm0' | 'm1' | 'm2'

export const SEATS: readonly Seat[] = ['main', 'm0', 'm1', 'm2']

/** A producer as its broker knows it. */
export interface ProducerId {
  id: number
  epoch: number
}

/** A member as its broker knows it. */
export interface MemberId {
  id: string
  generation: number
}

/**
 * One of the two brokers, and what it has made up: topic ids, producer ids, member ids. A command refers to them by name or number, and each
 * side fills in its own.
 */
export class Side {
  readonly topicIds = new Map<string, string>()
  readonly producers: ProducerId[] = [0, 1, 2].map(() => ({ id: -1, epoch: -1 }))
  readonly members: MemberId[] = [0, 1, 2].map(() => ({ id: '', generation: -1 }))
  /** Sessions of share consumers: the epoch of the next request, and whether the member has been given partitions. */
  readonly shares = [0, 1].map(() => ({ memberEpoch: 0, sessionEpoch: 0, assigned: false }))
  /** What was answered later than its command. */
  readonly late: string[] = []
  private readonly links = new Map<Seat, Link>()
  private readonly names = new Map<string, string>()

  constructor(host: string, port: number) {
    for (const seat of SEATS) this.links.set(seat, new Link(host, port))
  }

  link(seat: Seat): Link {
    return this.links.get(seat)!
  }

  /** From now on `value`, which this side has made up, is shown as `name`. */
  call(value: string | number, name: string): void {
    this.names.set(typeof value === 'number' ? `#${value}` : value, name)
  }

  /** The answer in a form that both sides can have in common. */
  show(answer: unknown): string {
    return typeof answer === 'string' ? answer : show(answer, (text) => this.names.get(text))
  }

  topicId(name: string): string {
    return this.topicIds.get(name) ?? NO_TOPIC
  }

  close(): void {
    for (const link of this.links.values()) link.close()
  }
}
