import { openAmqp } from '../src/amqp/open.ts'
import { seedAccess } from '../src/broker/access/seed.ts'
import type { Broker, BrokerEvent } from '../src/broker/broker.ts'
import { ClusterIdentity } from '../src/broker/cluster-id.ts'
import { registerGroupFold } from '../src/broker/group/fold.ts'
import { Groups } from '../src/broker/group/groups.ts'
import { openBroker } from '../src/broker/open.ts'
import { registerStreams } from '../src/broker/stream/streams.ts'
import { registerTopicFold } from '../src/broker/topic/fold.ts'
import { startRetention } from '../src/broker/topic/retention.ts'
import { Topics } from '../src/broker/topic/topics.ts'
import { registerTransactionFold } from '../src/broker/transaction/fold.ts'
import { Transactions } from '../src/broker/transaction/transactions.ts'
import type { Env } from '../src/env/env.ts'
import type { Net } from '../src/env/net.ts'
import { openKafka } from '../src/kafka/open.ts'
import { ANONYMOUS, Authorizer } from '../src/kafka/security/authorizer.ts'
import { Arena } from '../src/std/arena.ts'
import type { StoreEvent } from '../src/store/store.ts'
import { checkCounters } from './check/counters.ts'
import { durableState } from './check/state.ts'
import { SimClock } from './clock.ts'
import { SimCompute } from './compute.ts'
import type { SimDisk } from './disk.ts'
import { rule } from './failure.ts'
import { Dice } from './random.ts'
import type { Swarm } from './swarm.ts'
import type { Process, World } from './world.ts'

/** Events that say that bytes cannot be had. */
const DAMAGE: readonly string[] = ['damage', 'set-aside', 'delayed-set-aside', 'unreadable-records']

/** A broker with all its nouns, and nobody listening. */
export interface Opened {
  readonly broker: Broker
  readonly topics: Topics
  readonly groups: Groups
  readonly transactions: Transactions
  readonly cluster: ClusterIdentity
}

/** Opens the real broker, as the server does, in a house as small as the swarm says. */
export function openSmall(
  swarm: Swarm,
  env: Env,
  arena: Arena,
  onFatal: (error: Error) => void,
  report: (event: StoreEvent | BrokerEvent) => void,
): Opened {
  let topics!: Topics
  let groups!: Groups
  let transactions!: Transactions
  let cluster!: ClusterIdentity
  const { ring, file } = swarm
  const broker = openBroker({
    env,
    arena,
    broker: { outputRegions: 16, maxMessageSize: file - 1024, memory: 64 * 2 ** 20 },
    store: {
      journalRing: ring,
      spillRing: ring,
      fileSize: file,
      reserve: 2 * file,
      writeAtOnce: swarm.atOnce,
      tidy: { budget: 4, slice: file, own: 4096 },
      checkpointGrowth: swarm.growth,
    },
    register: [
      (opened) => {
        topics = new Topics(opened, { cleanerBackoffMs: 300, cleanerMemory: 300, retentionCheckMs: 2000 })
        groups = new Groups(opened, { groupInitialRebalanceDelayMs: 500 })
        registerTopicFold(topics)
        registerStreams(topics)
        registerGroupFold(groups, topics)
        transactions = new Transactions(topics, groups)
        registerTransactionFold(transactions)
        cluster = new ClusterIdentity(opened)
      },
    ],
    onFatal,
    report,
  })
  return { broker, topics, groups, transactions, cluster }
}

const SASL = { mechanisms: ['SCRAM-SHA-256'], maxReauthMs: 0, failureDelayMs: 100, checkToken: null }

/** Opens both fronts, as the server does. */
export function listen(
  opened: Opened,
  net: Net,
  amqpPort: number,
  kafkaPort: number,
  log: (text: string) => void,
  saslPort: number | null = null,
): void {
  const { broker, topics, transactions, cluster } = opened
  startRetention(topics)
  seedAccess(broker)
  const amqp = openAmqp(broker, {
    anonymousUser: null,
    version: 'sim',
    clusterName: 'sim',
    channelMax: 100,
    frameMax: 131_072,
    heartbeat: 0,
    assemblyBudget: 32 * 2 ** 20,
    log,
  })
  const kafka = openKafka(broker, transactions, {
    nodeId: 1,
    clusterId: cluster.value(broker),
    autoCreateTopics: false,
    requestBudget: 32 * 2 ** 20,
    // Who does not log in may do everything.
    authorizer: new Authorizer(broker.acls.acls, [ANONYMOUS], false),
    log,
  })
  const host = '127.0.0.1'
  const listening = (error: Error | null) => {
    if (error !== null) throw error
  }
  net.listen({ host, port: kafkaPort }, (socket) => kafka.accept(socket, null), listening)
  if (saslPort !== null) net.listen({ host, port: saslPort }, (socket) => kafka.accept(socket, null, SASL), listening)
  net.listen({ host, port: amqpPort }, (socket) => amqp.accept(socket), listening)
}

/** The broker with its fronts, as a process of the simulated world. */
export function startBroker(world: World, env: Env, arena: Arena, onFatal: (error: Error) => void): Process {
  const opened = openSmall(world.swarm, env, arena, onFatal, (event) => {
    world.note(JSON.stringify(event))
    world.add(`store ${event.kind}`)
    rule(!DAMAGE.includes(event.kind), `nothing was damaged, but: ${JSON.stringify(event)}`)
  })
  const { broker, topics, groups } = opened
  listen(opened, env.net, 5672, 9092, (text) => world.note(text), 9093)
  const begun = broker.store.journal.tail
  return {
    broker,
    check: () => {
      checkCounters(broker, topics, groups)
      world.add('counter checks')
      compareWithFold(world, opened)
    },
    held: () => checkCounters(broker, topics, groups),
    count: () => {
      const { journal, tidy, checkpoints } = broker.store
      world.add('journal bytes', journal.tail - begun)
      world.add('ring wraps', Math.floor(journal.tail / world.swarm.ring) - Math.floor(begun / world.swarm.ring))
      world.add('tidyings', tidy.tidied)
      world.add('segments rewritten', tidy.rewritten)
      world.add('tidyings given up', tidy.givenUp)
      world.add('checkpoints', checkpoints.taken)
      world.add('cleanings', topics.cleanings)
      world.add('bytes cleaned', topics.bytesCleaned)
      world.add('checkpoints given up', checkpoints.givenUp)
    },
  }
}

/** The journal is the truth: what a second broker makes of it is what the first one has in memory. */
function compareWithFold(world: World, { broker, topics }: Opened): void {
  const { journal } = broker.store
  const still = !world.clock.inTurn && !journal.busy && journal.written === journal.tail
  if (!still || broker.settledQueues.length > 0) return
  const live = durableState(broker, topics)
  const recovered = stateOn(world.swarm, world.disk, new Dice(world.clock.steps))
  const at = live.findIndex((line, i) => line !== recovered[i])
  rule(
    at < 0 && live.length === recovered.length,
    `the journal tells another story: "${recovered[at]}", in memory "${live[at]}"`,
  )
  world.add('states compared')
}

/** The durable state that a broker makes of a disk, which stays as it is. */
export function stateOn(swarm: Swarm, disk: SimDisk, dice: Dice): string[] {
  const clock = new SimClock(dice)
  const net: Net = { kept: 0, listen: () => {} }
  const env: Env = {
    clock: clock.process(),
    disk: disk.copy(clock, dice),
    net,
    random: dice,
    compute: new SimCompute(clock, () => 0),
  }
  const fail = (error: Error) => {
    throw error
  }
  const { broker, topics } = openSmall(swarm, env, new Arena(swarm.arena), fail, () => {})
  return durableState(broker, topics)
}
