import type { Broker } from '../broker/broker.ts'
import { AmqpError } from '../wire/amqp/amqp-error.ts'
import type { ReplyTarget } from './reply-to.ts'

export interface FrontOptions {
  /** Who logs in without a password as ANONYMOUS; null for nobody. */
  readonly anonymousUser: string | null
  /** Our own version, told beside the RabbitMQ version whose behaviour clients can expect. */
  readonly version: string
  /** Told in the server properties. */
  readonly clusterName: string
  /** What is proposed to clients: a limit for each, and seconds between heartbeats. */
  readonly channelMax: number
  readonly frameMax: number
  readonly heartbeat: number
  /** Bytes of unfinished messages and uncommitted transactions, on all connections together. */
  readonly assemblyBudget: number
  /** Tells the operator about a connection that ended in another way than by its client's wish, and why. */
  readonly log: (text: string) => void
}

/** Something that does the last of its work when the turn ends. */
export interface EndsTurn {
  /** The journal reaches up to `position` with everything of this turn. */
  endTurn(position: number): void
}

/** What all AMQP connections of a broker share. */
export class Front {
  readonly broker: Broker
  readonly options: FrontOptions
  /** Direct reply-to consumers by their token. */
  readonly replyTargets = new Map<string, ReplyTarget>()
  /** Bytes of `assemblyBudget` in use. */
  assembling = 0
  private connectionIds = 0
  private ending: EndsTurn[] = []

  constructor(broker: Broker, options: FrontOptions) {
    this.broker = broker
    this.options = options
    broker.turn.stages.push(() => this.endTurn())
  }

  nextConnectionId(): number {
    return ++this.connectionIds
  }

  /** Something nobody can guess, for a name: 22 characters of base64url. */
  token(): string {
    const bytes = new Uint8Array(16)
    this.broker.env.random.fill(bytes)
    return Buffer.from(bytes).toString('base64url')
  }

  /** Takes bytes of the budget; what is beyond it closes the connection that asks. */
  reserve(bytes: number): void {
    if (this.assembling + bytes > this.options.assemblyBudget) {
      throw new AmqpError('resource-error', 'too much memory is in use for unfinished messages and transactions')
    }
    this.assembling += bytes
  }

  atEndOfTurn(one: EndsTurn): void {
    this.ending.push(one)
    this.broker.turn.touch()
  }

  private endTurn(): void {
    if (this.ending.length === 0) return
    const { ending } = this
    this.ending = []
    const position = this.broker.store.journal.tail
    for (const one of ending) one.endTurn(position)
  }
}
