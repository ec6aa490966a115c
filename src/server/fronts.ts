import { openAmqp } from '../amqp/open.ts'
import type { Broker } from '../broker/broker.ts'
import { ClusterIdentity } from '../broker/cluster-id.ts'
import { registerGroupFold } from '../broker/group/fold.ts'
import { Groups } from '../broker/group/groups.ts'
import { registerStreams } from '../broker/stream/streams.ts'
import { registerTopicFold } from '../broker/topic/fold.ts'
import { Topics } from '../broker/topic/topics.ts'
import { registerTransactionFold } from '../broker/transaction/fold.ts'
import { Transactions } from '../broker/transaction/transactions.ts'
import type { Handler, Socket } from '../env/net.ts'
import type { Http } from '../http/open.ts'
import { SocketStream } from '../http/socket-stream.ts'
import { openKafka } from '../kafka/open.ts'
import type { Config } from './config.ts'
import { kafkaSecurity } from './kafka-security.ts'
import type { ListenAddress, Protocol } from './listen-address.ts'
import type { Log } from './log.ts'
import { VERSION } from './version.ts'

/** One protocol's way into the broker. */
export interface Front {
  /** Takes a connection that came in at `address`, whose port is the real one. */
  accept(socket: Socket, address: ListenAddress): Handler
  /** How many clients are connected. */
  readonly connections: number
  /** Tells every client that the broker goes down, and takes nothing more from them. */
  shutdown(): void
  /** Ends what is still connected. */
  destroy(): void
}

/** What the fronts work on beside the broker. */
export interface Nouns {
  readonly topics: Topics
  readonly groups: Groups
  readonly transactions: Transactions
  readonly cluster: ClusterIdentity
}

/** Teaches the broker topics and groups, before anything is recovered. */
export function registerNouns(broker: Broker, config: Config): Nouns {
  const topics = new Topics(broker, { defaultPartitions: Number(config.values['kafka.numPartitions']) })
  const groups = new Groups(broker, {
    groupInitialRebalanceDelayMs: Number(config.values['kafka.groupInitialRebalanceDelay']),
    offsetsRetentionMs: Number(config.values['kafka.offsetsRetention']),
  })
  registerTopicFold(topics)
  registerStreams(topics)
  registerGroupFold(groups, topics)
  const transactions = new Transactions(topics, groups, {
    maxTimeoutMs: Number(config.values['kafka.transactionMaxTimeout']),
    expirationMs: Number(config.values['kafka.transactionalIdExpiration']),
  })
  registerTransactionFold(transactions)
  return { topics, groups, transactions, cluster: new ClusterIdentity(broker) }
}

/** Unfinished messages may take a quarter of what the broker may hold in memory, and unfinished requests as much again. */
const SHARE = 4

export function openFronts(broker: Broker, nouns: Nouns, config: Config, log: Log): Record<Protocol, Front> {
  const budget = Math.floor(broker.options.memory / SHARE)
  return {
    amqp: amqpFront(broker, budget, nouns, config, log),
    kafka: kafkaFront(broker, budget, nouns, config, log),
    http: httpFront(broker, budget, nouns, log),
  }
}

function amqpFront(broker: Broker, assemblyBudget: number, nouns: Nouns, { values }: Config, log: Log): Front {
  const clusterName = `posthorn@${nouns.cluster.value(broker)}`
  const amqp = openAmqp(broker, {
    anonymousUser: values['amqp.anonymousUser'] === 'none' ? null : String(values['amqp.anonymousUser']),
    version: VERSION,
    clusterName,
    channelMax: Number(values['amqp.channelMax']),
    frameMax: Number(values['amqp.frameMax']),
    heartbeat: Number(values['amqp.heartbeat']),
    assemblyBudget,
    log: (text) => log.info({ protocol: 'amqp' }, text),
  })
  return {
    accept: (socket) => amqp.accept(socket),
    get connections() {
      return amqp.connections.size
    },
    shutdown: () => amqp.shutdown(),
    destroy: () => amqp.destroy(),
  }
}

function kafkaFront(broker: Broker, requestBudget: number, nouns: Nouns, config: Config, log: Log): Front {
  const { authorizer, userOf, saslOf } = kafkaSecurity(broker, config)
  const kafka = openKafka(broker, nouns.transactions, {
    nodeId: 1,
    clusterId: nouns.cluster.value(broker),
    autoCreateTopics: config.values['kafka.autoCreateTopics'] === true,
    requestBudget,
    authorizer,
    userOf,
    log: (text) => log.info({ protocol: 'kafka' }, text),
  })
  return {
    accept: (socket, address) => kafka.accept(socket, address.advertised, saslOf(address)),
    get connections() {
      return kafka.connections.size
    },
    shutdown: () => kafka.destroy(),
    destroy: () => kafka.destroy(),
  }
}

/** HTTP connections at a time. */
const MOST_HTTP_CONNECTIONS = 1000

/** What serves HTTP is loaded with the first connection: most brokers never have one. */
function httpFront(broker: Broker, bodyBudget: number, nouns: Nouns, log: Log): Front {
  const streams = new Set<SocketStream>()
  let loading: Promise<Http> | null = null
  const load = async (): Promise<Http> => {
    const { openHttp } = await import('../http/open.ts')
    const clusterId = nouns.cluster.value(broker)
    return openHttp(broker, {
      clusterId,
      version: VERSION,
      bodyBudget,
      log: (text) => log.error({ protocol: 'http' }, text),
    })
  }
  return {
    accept: (socket, { basic }) => {
      const stream = new SocketStream(socket, broker.arena)
      if (streams.size >= MOST_HTTP_CONNECTIONS) stream.destroy()
      streams.add(stream)
      stream.once('close', () => streams.delete(stream))
      loading ??= load()
      void loading.then((http) => http.accept(stream, basic))
      return stream.handler
    },
    get connections() {
      return streams.size
    },
    shutdown: () => {
      void loading?.then((http) => http.shutdown())
    },
    destroy: () => {
      for (const stream of streams) stream.destroy()
    },
  }
}
