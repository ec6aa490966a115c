import { Guest } from './access/guest.ts'
import { AccessModel, USERS } from './access/model.ts'
import { Officer } from './access/officer.ts'
import { AmqpAuditor } from './amqp/auditor.ts'
import { Consumer } from './amqp/consumer.ts'
import { Lawmaker } from './amqp/lawmaker.ts'
import { AmqpModel } from './amqp/model.ts'
import { Mover } from './amqp/mover.ts'
import { PassingQueue } from './amqp/passing-queue.ts'
import { Publisher } from './amqp/publisher.ts'
import { Archivist } from './backup/archivist.ts'
import { startBroker } from './broker-process.ts'
import { ContractedTopic } from './contract/contracted-topic.ts'
import { Operator } from './exchange/operator.ts'
import { Faults } from './faults.ts'
import { ConsumerMember } from './groups/consumer-member.ts'
import { ConsumerModel } from './groups/consumer-model.ts'
import { ShareMember } from './groups/share-member.ts'
import { ShareModel } from './groups/share-model.ts'
import { Admin } from './kafka/admin.ts'
import { Member } from './kafka/member.ts'
import { KafkaModel, TOPIC } from './kafka/model.ts'
import { PassingTopic } from './kafka/passing-topic.ts'
import { Producer } from './kafka/producer.ts'
import { Reader } from './kafka/reader.ts'
import { addTransactions } from './kafka/transaction/actors.ts'
import { Dice } from './random.ts'
import { Registrar } from './registry/registrar.ts'
import { addStreams } from './stream/actors.ts'
import { drawSwarm, type Swarm } from './swarm.ts'
import { TableModel } from './table/model.ts'
import { TableReader } from './table/reader.ts'
import { TableTransactor } from './table/transactor.ts'
import { TableWriter } from './table/writer.ts'
import { Landlord, TenantClient } from './tenants/client.ts'
import { Steward } from './tenants/steward.ts'
import { type Start, World } from './world.ts'

/** A world with everything in it that its swarm says. */
export function makeWorld(seed: number, overrides: Partial<Swarm> = {}, start: Start = startBroker): World {
  const swarm = { ...drawSwarm(new Dice(seed ^ 0x5eed)), ...overrides }
  const world = new World(seed, swarm, start)
  world.actors.push(new Faults(world))
  if (swarm.queues > 0) addAmqp(world)
  if (swarm.readers > 0) addKafka(world)
  if (swarm.steward) addTenants(world)
  if (swarm.readers > 0 && swarm.workers > 0) addTransactions(world)
  if (swarm.passing) world.actors.push(new PassingTopic(world))
  if (swarm.officers > 0) addAccess(world)
  if (swarm.tables > 0) addTable(world)
  if (swarm.registrar) world.actors.push(new Registrar(world))
  if (swarm.contracted) world.actors.push(new ContractedTopic(world))
  if (swarm.streams > 0) addStreams(world)
  if (swarm.backups) world.actors.push(new Archivist(world))
  return world
}

function addAmqp(world: World): void {
  const { dice, swarm } = world
  const model = new AmqpModel(world)
  if (swarm.policies) world.actors.push(new Lawmaker(world, model))
  for (let i = 0; i < swarm.publishers; i++) world.actors.push(new Publisher(world, model, `publisher-${i}`))
  model.queues.forEach((queue, i) => {
    const exclusive = dice.chance(0.4)
    const n = exclusive ? 1 : dice.between(1, Math.max(1, Math.ceil(swarm.consumers / swarm.queues)))
    for (let k = 0; k < n; k++) world.actors.push(new Consumer(world, model, queue, `consumer-${i}-${k}`, exclusive))
  })
  if (swarm.longestDelay > 0) world.actors.push(new Operator(world, model))
  addMover(world, model)
  for (let i = dice.between(0, 2); i > 0; i--) world.actors.push(new PassingQueue(world, `passing-${i}`))
  world.actors.push(new AmqpAuditor(world, model))
}

/** From a queue that nobody consumes alone to another. */
function addMover(world: World, model: AmqpModel): void {
  const { dice } = world
  const shared = model.sources.filter((name) => !exclusive(world, name))
  if (shared.length === 0 || model.sources.length === 1 || !dice.chance(0.5)) return
  const from = dice.pick(shared)
  const to = dice.pick(model.sources.filter((name) => name !== from))
  world.actors.push(new Mover(world, model, from, to, 'mover'))
}

function exclusive({ actors }: World, queue: string): boolean {
  return actors.some((actor) => actor instanceof Consumer && actor.takesAlone(queue))
}

function addKafka(world: World): void {
  const { swarm } = world
  const model = new KafkaModel(world)
  world.actors.push(new Admin(world, swarm.partitions, TOPIC))
  for (let i = 0; i < swarm.producers; i++) world.actors.push(new Producer(world, model, `producer-${i}`))
  for (let i = 0; i < swarm.readers; i++) world.actors.push(new Reader(world, model, `reader-${i}`))
  addGroups(world, model)
  for (let i = 0; i < swarm.members; i++) world.actors.push(new Member(world, model, `member-${i}`))
}

function addTenants(world: World): void {
  world.actors.push(new Steward(world), new Landlord(world))
  for (let i = world.dice.between(1, 4); i > 0; i--) world.actors.push(new TenantClient(world))
}

function addAccess(world: World): void {
  const model = new AccessModel()
  world.actors.push(new Officer(world, model))
  for (const user of USERS) world.actors.push(new Guest(world, model, user))
}

function addTable(world: World): void {
  const model = new TableModel(world, world.swarm.tables)
  world.actors.push(new TableWriter(world, model), new TableReader(world, model))
  if (world.swarm.tableTransactions) world.actors.push(new TableTransactor(world, model))
}

function addGroups(world: World, kafka: KafkaModel): void {
  const { swarm } = world
  const consumers = new ConsumerModel(world)
  const sharers = new ShareModel(world, kafka)
  for (let i = 0; i < swarm.consumerMembers; i++)
    world.actors.push(new ConsumerMember(world, consumers, `consumer-${i}`))
  for (let i = 0; i < swarm.shareMembers; i++) world.actors.push(new ShareMember(world, sharers, `sharer-${i}`))
}
