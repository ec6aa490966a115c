import type { Broker } from '../broker/broker.ts'

/** Who may log in. */
export type Login = (user: string, password: string) => boolean

export interface FrontOptions {
  readonly login: Login
  /** Our own version, told beside the RabbitMQ version whose behaviour clients can expect. */
  readonly version: string
  /** Told in the server properties. */
  readonly clusterName: string
  /** Bytes of unfinished messages and uncommitted transactions, on all connections together. */
  readonly assemblyBudget: number
}

/** What all AMQP connections of a broker share. */
export class Front {
  readonly broker: Broker
  readonly options: FrontOptions
  /** Bytes of `assemblyBudget` in use. */
  assembling = 0
  private connectionIds = 0

  constructor(broker: Broker, options: FrontOptions) {
    this.broker = broker
    this.options = options
  }

  nextConnectionId(): number {
    return ++this.connectionIds
  }
}
