import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dice } from '../../../../sim/random.ts'
import { readConsumerFact, writeConsumerFact } from '../../../broker/group/consumer-record.ts'
import { encode } from '../../../wire/kafka/codec.ts'
import { ConsumerProtocolSubscription } from '../../../wire/kafka/messages/consumer-protocol.ts'
import { Writer } from '../../../wire/kafka/writer.ts'
import { Group } from '../classic.ts'
import { GROUP_LIMITS, type GroupRecord, type Out, type Reply } from '../commands.ts'
import { handle } from '../handle.ts'
import { checkGroup } from '../invariants.ts'
import { type Assignment, NO_PARTITIONS, sizeOf, union } from './assignment.ts'
import type { ConsumerFact } from './consumer-group.ts'
import { consumerHeartbeat } from './heartbeat.ts'
import { NOWHERE, type TopicsView, type World } from './world.ts'

/** Topics that come, grow and go. */
class SomeTopics implements TopicsView {
  version = 0
  readonly all = new Map<string, { id: string; name: string; partitions: number[] }>()

  byName(name: string) {
    return this.all.get(name)
  }

  byId(id: string) {
    return [...this.all.values()].find((topic) => topic.id === id)
  }

  matching(regex: string): string[] {
    return [...this.all.keys()].filter((name) => new RegExp(`^(?:${regex})$`).test(name))
  }

  change(dice: Dice): void {
    this.version++
    const name = `t${dice.below(4)}`
    const topic = this.all.get(name)
    if (topic === undefined) this.all.set(name, { id: `${name}#${this.version}`, name, partitions: [0, 1, 2] })
    else if (dice.below(3) === 0) this.all.delete(name)
    else topic.partitions.push(topic.partitions.length)
  }
}

/** A client of either protocol, and what it has been told it may read. */
interface Client {
  readonly memberId: string
  readonly instanceId: string | null
  readonly classic: boolean
  epoch: number
  owned: Assignment
  mayRejoin: boolean
}

const READS = ['t0', 't1', 't2', 't3', 'nowhere']

class Play {
  readonly topics = new SomeTopics()
  readonly world: World = { ...NOWHERE, topics: this.topics }
  readonly out: Out = { time: 0, records: [], facts: [], replies: [] }
  readonly clients: Client[] = []
  readonly journal: (GroupRecord | { fact: ConsumerFact })[] = []
  readonly dice: Dice
  group = new Group('g', GROUP_LIMITS)
  now = 0
  /** Nobody changes his mind any more. */
  private quiet = false
  private ids = 0

  constructor(dice: Dice) {
    this.dice = dice
    for (let i = 0; i < 3; i++) this.topics.change(dice)
  }

  step(): void {
    const choice = this.dice.below(100)
    if (choice < 8) this.topics.change(this.dice)
    else if (choice < 20) this.come()
    else if (choice < 26 && this.clients.length > 0) this.leave(this.any())
    else if (choice < 30) this.pass(this.dice.below(20_000))
    else if (choice < 32) this.restart()
    else if (this.clients.length > 0) this.beat(this.any())
    this.check()
  }

  private changesItsMind(): boolean {
    return !this.quiet && this.dice.below(20) === 0
  }

  private any(): Client {
    return this.clients[this.dice.below(this.clients.length)]!
  }

  private come(): void {
    const classic = this.dice.below(3) === 0 && this.group.consumer !== null
    const instanceId = !classic && this.dice.below(4) === 0 ? `i${this.dice.below(3)}` : null
    const memberId = `m${this.ids++}`
    const client = { memberId, instanceId, classic, epoch: 0, owned: NO_PARTITIONS, mayRejoin: true }
    this.clients.push(client)
    this.beat(client)
  }

  beat(client: Client): void {
    if (client.classic) this.beatClassic(client)
    else this.beatConsumer(client)
  }

  private beatConsumer(client: Client): void {
    const { memberId, instanceId, epoch } = client
    const isJoin = epoch === 0
    const topics = isJoin || this.changesItsMind() ? READS.filter(() => this.dice.below(2) === 0) : null
    const reply = consumerHeartbeat(
      this.group,
      {
        memberId,
        memberEpoch: epoch,
        instanceId,
        rackId: null,
        rebalanceTimeoutMs: isJoin ? 30_000 : -1,
        topics,
        regex: isJoin && this.dice.below(3) === 0 ? 't[01]' : null,
        wrongRegex: null,
        sees: null,
        assignor: this.changesItsMind() ? 'range' : null,
        owned: isJoin ? NO_PARTITIONS : client.owned,
        clientId: 'c',
        clientHost: '/h',
      },
      this.world,
      this.now,
      this.out,
    )
    this.finish()
    if (!reply.ok) {
      client.owned = NO_PARTITIONS
      client.epoch = 0
      if (reply.error === 'fenced-instance-id' || reply.error === 'unreleased-instance-id') this.drop(client)
      return
    }
    client.epoch = reply.memberEpoch
    if (reply.assignment !== null) client.owned = reply.assignment
  }

  private beatClassic(client: Client): void {
    if (this.group.consumer === null) {
      // What the classic protocol does has tests of its own.
      this.leave(client)
      return
    }
    const { memberId, epoch } = client
    const beat = this.send({ kind: 'heartbeat', token: 1, memberId, instanceId: null, generation: epoch })
    if (beat.error === 'none') return
    const protocols = [{ name: 'range', metadata: subscription(client.owned, this.topics) }]
    const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 20_000 }
    const client_ = { clientId: 'c', clientHost: '/h', protocolType: 'consumer', protocols }
    const how = { requireKnownMemberId: false, supportsSkippingAssignment: true }
    const join = { kind: 'join' as const, token: 1, memberId, newMemberId: memberId, instanceId: null }
    const joined = this.send({ ...join, ...timeouts, ...client_, ...how })
    assert.equal(joined.kind, 'join')
    if (joined.kind !== 'join' || joined.error !== 'none') return
    client.epoch = joined.generation
    const synced = this.send({
      kind: 'sync',
      token: 1,
      memberId,
      instanceId: null,
      generation: client.epoch,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [],
    })
    if (synced.error === 'none') client.owned = this.group.consumer.members.get(memberId)!.current.assigned
  }

  private leave(client: Client): void {
    const { memberId, instanceId } = client
    this.drop(client)
    if (client.classic) {
      this.send({ kind: 'leave', token: 1, members: [{ memberId, instanceId }] })
      return
    }
    if (this.dice.below(4) === 0) return
    const nothing = {
      rackId: null,
      rebalanceTimeoutMs: -1,
      topics: null,
      regex: null,
      wrongRegex: null,
      sees: null,
      assignor: null,
    }
    const memberEpoch = instanceId !== null && this.dice.below(2) === 0 ? -2 : -1
    const who = { memberId, memberEpoch, instanceId, clientId: 'c', clientHost: '/h' }
    consumerHeartbeat(this.group, { ...who, ...nothing, owned: null }, this.world, this.now, this.out)
    this.finish()
  }

  private drop(client: Client): void {
    this.clients.splice(this.clients.indexOf(client), 1)
  }

  private send(command: Parameters<typeof handle>[1]): Reply {
    handle(this.group, command, this.world, this.now, this.out)
    const reply = this.out.replies[0]?.reply ?? ({ kind: 'heartbeat', error: 'none' } as const)
    this.finish()
    return reply
  }

  pass(ms: number): void {
    const until = this.now + ms
    for (let left = 1000; this.group.wake <= until; left--) {
      assert.ok(left > 0, 'a deadline that never passes')
      this.now = Math.max(this.now, this.group.wake)
      handle(this.group, { kind: 'tick' }, this.world, this.now, this.out)
      this.finish()
    }
    this.now = until
  }

  private finish(): void {
    for (const fact of this.out.facts.splice(0)) this.journal.push({ fact })
    for (const record of this.out.records.splice(0)) {
      this.group.apply(record)
      this.journal.push(record)
    }
    this.out.replies.length = 0
  }

  /** From the journal, and from a state that has already seen its end: as after a checkpoint that was taken slice by slice. */
  private restart(): void {
    const group = new Group('g', GROUP_LIMITS)
    const twice = this.dice.below(2) === 0
    for (let pass = 0; pass < (twice ? 2 : 1); pass++) {
      for (const entry of this.journal) {
        if ('fact' in entry) group.applyConsumer(readConsumerFact(writeConsumerFact('g', entry.fact), 0).fact)
        else group.apply(entry)
      }
    }
    group.restore(this.now, 45_000)
    assert.deepEqual(durable(group), durable(this.group))
    this.group = group
  }

  check(): void {
    checkGroup(this.group)
    const { consumer } = this.group
    if (consumer === null) return
    // Whoever has been told that it may read a partition is the only one until it has said that it gave it back.
    const readers = new Map<string, string>()
    for (const { memberId, epoch, owned } of this.clients) {
      const member = consumer.members.get(memberId)
      if (member === undefined || epoch === 0) continue
      const known = union(member.current.assigned, member.current.revoking)
      for (const [topicId, partitions] of owned) {
        for (const partition of partitions) {
          if (!known.get(topicId)?.includes(partition)) continue
          const key = `${topicId}:${partition}`
          assert.ok(!readers.has(key), `${key} is read by two`)
          readers.set(key, memberId)
        }
      }
    }
  }

  /** Nothing changes any more: everybody gets what he is to have. */
  drain(): void {
    this.quiet = true
    for (let i = 0; i < 40; i++) {
      this.pass(3_000)
      for (const client of [...this.clients]) this.beat(client)
      this.check()
    }
  }
}

function durable({ consumer, image }: Group): unknown {
  if (consumer === null) return image
  const members = [...consumer.members].map(([id, { subscription, current, target }]) => [
    id,
    subscription,
    {
      ...current,
      since: [...current.since]
        .filter(([, epochs]) => epochs.size > 0)
        .map(([topic, epochs]) => [topic, [...epochs].sort()])
        .sort(),
    },
    target,
  ])
  return [consumer.epoch, consumer.targetEpoch, consumer.topicsHash, members.sort()]
}

function subscription(owned: Assignment, topics: SomeTopics): Uint8Array {
  const ownedPartitions = [...owned].flatMap(([id, partitions]) => {
    const topic = topics.byId(id)
    return topic === undefined ? [] : [{ topic: topic.name, partitions: [...partitions] }]
  })
  const writer = new Writer()
  writer.int16(1)
  encode(ConsumerProtocolSubscription, 1, writer, { topics: ['t0', 't1'], ownedPartitions })
  return writer.joined()
}

test('a partition has one owner, whatever members and topics do, and in the end everybody has his share', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const play = new Play(new Dice(seed))
    for (let i = 0; i < 200; i++) play.step()
    play.drain()
    const { consumer } = play.group
    if (consumer === null || consumer.members.size === 0) continue
    const away = [...consumer.members.values()].some(({ current }) => current.epoch === -2)
    if (away) continue
    assert.equal(consumer.state, 'Stable', `seed ${seed}`)
    for (const { current, target } of consumer.members.values()) {
      assert.equal(sizeOf(current.assigned), sizeOf(target), `seed ${seed}`)
    }
  }
})
