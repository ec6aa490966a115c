/** What `engine` of `connect` may say. */
export interface RabbitOptions {
  /** Options of the socket, as `node:tls` has them: `ca`, `cert`, `key`, `servername` … */
  readonly socket?: Readonly<Record<string, unknown>>
  /** How the connections are called in the broker's tools. */
  readonly name?: string
  /** Seconds between heartbeats; 15 unless given. */
  readonly heartbeat?: number
  /**
   * The broker has exchanges of type `x-delayed-message` (our own server; the plugin of that name), and they are to be used for messages that wait. True
   * with our own server unless given.
   */
  readonly delayedExchange?: boolean
}

/** What `native: { rabbitmq: … }` of a queue may say. */
export interface NativeQueue {
  /** 'quorum' unless given: copies on several nodes, counts what comes back. 'classic' has one copy, and any number of priorities. */
  readonly type?: 'quorum' | 'classic'
  /** Further arguments of the queue, as `x-…`. */
  readonly arguments?: Readonly<Record<string, unknown>>
}

/** The same for the streams of a topic. */
export interface NativeTopic {
  readonly arguments?: Readonly<Record<string, unknown>>
}
