import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Group } from './classic.ts'
import { type Command, GROUP_LIMITS, type Out, type Reply } from './commands.ts'
import { commitRefusal } from './commit.ts'
import { NOWHERE } from './consumer/world.ts'
import { handle } from './handle.ts'
import { checkGroup } from './invariants.ts'

function random(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A client that does what it was told, more or less. */
interface Client {
  readonly instanceId: string | null
  memberId: string
  generation: number
  /** What it got from its last join: it is the leader of these. */
  roster: string[]
}

const PROTOCOLS = [['range'], ['range', 'sticky'], ['sticky', 'range'], ['other']]

/** Random clients around one group; every step is checked. */
class World {
  group: Group
  readonly records: Out['records'] = []
  readonly out: Out = { time: 0, records: [], facts: [], replies: [] }
  readonly clients: Client[] = []
  readonly waiting = new Map<number, { client: Client; kind: string }>()
  readonly owners = new Map<string, string>()
  readonly counts = new Map<string, number>()
  private readonly below: (n: number) => number
  private now = 0
  private made = 0
  private highest = 0

  constructor(seed: number) {
    this.below = random(seed)
    const delay = this.below(3) === 0 ? 3000 : 0
    this.group = new Group('g', { ...GROUP_LIMITS, groupMaxSize: 4, groupInitialRebalanceDelayMs: delay })
    for (let i = 0; i < 6; i++)
      this.clients.push({ instanceId: i < 2 ? `s${i}` : null, memberId: '', generation: -1, roster: [] })
    // Two processes with the same instance id fence each other.
    this.clients.push({ instanceId: 's0', memberId: '', generation: -1, roster: [] })
  }

  step(): void {
    const choice = this.below(100)
    if (choice < 12) this.wait()
    else if (choice < 14) this.restart()
    else {
      const client = this.clients[this.below(this.clients.length)]!
      const { memberId, instanceId, generation } = client
      if (choice < 20) commitRefusal(this.group, memberId, instanceId, generation, this.now)
      else this.send(client, this.command(client, choice, ++this.made))
    }
    this.after()
  }

  /** Nothing more is sent: all deadlines come. */
  drain(): void {
    for (let i = 0; i < 10_000 && this.group.wake !== Number.POSITIVE_INFINITY; i++) {
      this.now = Math.max(this.now, this.group.wake)
      this.send(null, { kind: 'tick' })
      this.after()
    }
    assert.equal(this.waiting.size, 0, 'somebody was never answered')
    assert.equal(this.group.members.size, 0)
  }

  private wait(): void {
    this.now += this.below(9000)
    while (this.group.wake <= this.now) this.send(null, { kind: 'tick' })
  }

  private restart(): void {
    const limits = this.group.limits
    this.group = new Group('g', limits)
    for (const record of this.records) this.group.apply(record)
    this.group.restore(this.now, 45_000)
    this.waiting.clear()
  }

  private command(client: Client, choice: number, token: number): Command {
    const { memberId, instanceId, generation } = client
    if (choice < 50) {
      const rebalanceTimeoutMs = 5000 * (1 + this.below(3))
      return {
        kind: 'join',
        token,
        memberId: this.below(20) === 0 ? '' : memberId,
        newMemberId: `m${token}`,
        instanceId,
        clientId: 'c',
        clientHost: '/127.0.0.1',
        sessionTimeoutMs: 6000 + 1000 * this.below(10),
        rebalanceTimeoutMs,
        protocolType: 'consumer',
        protocols: PROTOCOLS[this.below(20) === 0 ? 3 : this.below(3)]!.map((name) => ({
          name,
          metadata: Uint8Array.of(this.below(2)),
        })),
        requireKnownMemberId: this.below(2) === 0,
        supportsSkippingAssignment: this.below(2) === 0,
      }
    }
    if (choice < 80) {
      const assignments = client.roster.map((id, i) => ({ memberId: id, assignment: Buffer.from([i]) }))
      return {
        kind: 'sync',
        token,
        memberId,
        instanceId,
        generation,
        protocolType: null,
        protocolName: null,
        assignments,
      }
    }
    if (choice < 94) return { kind: 'heartbeat', token, memberId, instanceId, generation }
    return { kind: 'leave', token, members: [{ memberId, instanceId }] }
  }

  private send(client: Client | null, command: Command): void {
    if (client !== null && 'token' in command) this.waiting.set(command.token, { client, kind: command.kind })
    handle(this.group, command, NOWHERE, this.now, this.out)
    for (const record of this.out.records.splice(0)) {
      this.group.apply(record)
      this.records.push(record)
    }
    for (const { token, reply } of this.out.replies.splice(0)) {
      const who = this.waiting.get(token)
      assert.ok(who, 'a request was answered twice, or never asked')
      this.waiting.delete(token)
      this.learn(who.client, reply)
    }
  }

  private learn(client: Client, reply: Reply): void {
    const key = `${reply.kind} ${reply.error}`
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    if (reply.kind === 'join') {
      if (reply.error === 'none') {
        assert.ok(reply.generation >= this.highest, `generation ${reply.generation} after ${this.highest}`)
        this.highest = reply.generation
        client.generation = reply.generation
        client.roster = reply.members.map((one) => one.memberId)
      }
      if (reply.error === 'none' || reply.error === 'member-id-required') client.memberId = reply.memberId
      else if (reply.error === 'unknown-member-id' || reply.error === 'fenced-instance-id') client.memberId = ''
    }
    if (reply.kind === 'sync' && reply.error === 'none' && reply.assignment.length > 0) {
      const part = `${this.group.generation}:${reply.assignment[0]}`
      const owner = client.instanceId ?? client.memberId
      assert.equal(this.owners.get(part) ?? owner, owner, `partition ${part} has two owners`)
      this.owners.set(part, owner)
    }
  }

  private after(): void {
    checkGroup(this.group)
    const parked = [...this.group.members.values()].flatMap((one) => [one.join, one.sync]).filter((one) => one >= 0)
    assert.deepEqual(parked.sort(), [...this.waiting.keys()].sort(), 'parked in the group, and waiting outside')
    const folded = new Group('g', this.group.limits)
    for (const record of this.records) folded.apply(record)
    assert.deepEqual(folded.image, this.group.image)
  }
}

test('whatever clients do, a group keeps its rules, answers everybody once and is the fold of its records', () => {
  const counts = new Map<string, number>()
  for (let seed = 1; seed <= 150; seed++) {
    const world = new World(seed)
    try {
      for (let i = 0; i < 300; i++) world.step()
      world.drain()
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error })
    }
    for (const [key, count] of world.counts) counts.set(key, (counts.get(key) ?? 0) + count)
  }
  // The walk is only worth something if it gets everywhere.
  for (const key of [
    'join none',
    'join member-id-required',
    'join unknown-member-id',
    'join fenced-instance-id',
    'join inconsistent-group-protocol',
    'join group-max-size-reached',
    'join rebalance-in-progress',
    'sync none',
    'sync rebalance-in-progress',
    'sync illegal-generation',
    'sync unknown-member-id',
    'heartbeat none',
    'heartbeat rebalance-in-progress',
    'leave none',
  ]) {
    assert.ok(counts.get(key)! > 20, `${key}: ${counts.get(key)}`)
  }
})
