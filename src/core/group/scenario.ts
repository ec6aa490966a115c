import assert from 'node:assert/strict'
import { Group } from './classic.ts'
import { type Command, GROUP_LIMITS, type GroupLimits, type Out, type Reply } from './commands.ts'
import { commitRefusal } from './commit.ts'
import { NOWHERE } from './consumer/world.ts'
import { handle } from './handle.ts'
import { checkGroup } from './invariants.ts'

/**
 * Plays a group from a text: a command and what it is answered with on each line, `command -> replies | state`.
 *
 *     join A range,roundrobin [static=ID] [id=ID] [rejoin] [old] [skip] [session=MS] [rebalance=MS]
 *     sync A [A=text,B=text] [gen=N] [protocol=NAME]      beat A [gen=N]        commit A [gen=N]       commit -
 *     leave A,B      leave static=ID      delete      wait MS      restart
 *
 * Replies: `A joins 2 as leader of A,B`, `A joins 2 under B`, `A gets text`, `A ok`, `A error-name`; none is `.`.
 */
export class Scenario {
  group: Group
  now = 0
  readonly out: Out = { time: 0, records: [], facts: [], replies: [] }
  /** Member ids by name: what the client knows. */
  readonly ids = new Map<string, string>()
  private readonly names = new Map<string, string>()
  private readonly generations = new Map<string, number>()
  private readonly statics = new Map<string, string>()
  private readonly tokens: string[] = []
  private made = 0

  constructor(limits: Partial<GroupLimits> = {}) {
    this.group = new Group('g', { ...GROUP_LIMITS, ...limits })
  }

  play(text: string): void {
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue
      const [command, expected] = line.split('->').map((part) => part.trim())
      const [replies, state] = expected!.split('|').map((part) => part.trim())
      const actual = this.step(command!)
      assert.equal(actual, replies === '' ? '.' : replies, line)
      if (state !== undefined) assert.equal(`${this.group.state} ${this.group.generation}`, state, line)
    }
  }

  private step(text: string): string {
    const [verb, who = '', ...rest] = text.split(/\s+/)
    if (verb === 'wait') return this.wait(Number(who))
    if (verb === 'restart') return this.restart()
    const options = new Map(rest.map((word) => word.split(/=(.*)/s) as [string, string]))
    if (verb === 'commit') {
      const id = who === '-' ? '' : this.idOf(who)
      const generation = this.generationOf(who, options)
      const error = commitRefusal(this.group, id, this.statics.get(who) ?? null, generation, this.now)
      return `${who} ${error === 'none' ? 'ok' : error}`
    }
    return this.send(this.command(verb!, who, rest, options))
  }

  private command(verb: string, who: string, rest: string[], options: Map<string, string>): Command {
    const token = this.tokens.push(who) - 1
    const instanceId = options.get('static') ?? this.statics.get(who) ?? null
    const generation = this.generationOf(who, options)
    const memberId = options.get('id') ?? this.idOf(who)
    if (verb === 'join') return this.join(who, token, instanceId, rest[0]!.split(','), options)
    if (verb === 'sync') {
      const list = rest.find((word) => !/^(gen|protocol)=/.test(word))
      const assignments = (list?.split(',') ?? []).map((one) => {
        const [name, text] = one.split('=')
        return { memberId: this.idOf(name!), assignment: Buffer.from(text!) }
      })
      const protocolName = options.get('protocol') ?? null
      return { kind: 'sync', token, memberId, instanceId, generation, protocolType: null, protocolName, assignments }
    }
    if (verb === 'beat') return { kind: 'heartbeat', token, memberId, instanceId, generation }
    if (verb === 'delete') return { kind: 'delete', token }
    assert.equal(verb, 'leave')
    if (who.startsWith('static=')) {
      return { kind: 'leave', token, members: [{ memberId: '', instanceId: who.slice('static='.length) }] }
    }
    const members = who.split(',').map((name) => ({ memberId: this.idOf(name), instanceId: null }))
    return { kind: 'leave', token, members }
  }

  private join(
    who: string,
    token: number,
    instanceId: string | null,
    protocols: string[],
    options: Map<string, string>,
  ): Command {
    const newMemberId = `${who}-${++this.made}`
    this.names.set(newMemberId, who)
    if (instanceId !== null) this.statics.set(who, instanceId)
    const isStart = instanceId !== null && !options.has('rejoin')
    return {
      kind: 'join',
      token,
      memberId: options.get('id') ?? (isStart ? '' : (this.ids.get(who) ?? '')),
      newMemberId,
      instanceId,
      clientId: who,
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: Number(options.get('session') ?? 10_000),
      rebalanceTimeoutMs: Number(options.get('rebalance') ?? 60_000),
      protocolType: options.get('type') ?? 'consumer',
      protocols: protocols.map((name) => ({ name, metadata: Buffer.from(`${who}:${name}`) })),
      requireKnownMemberId: !options.has('old'),
      supportsSkippingAssignment: options.has('skip'),
    }
  }

  private idOf(who: string): string {
    return this.ids.get(who) ?? who
  }

  private generationOf(who: string, options: Map<string, string>): number {
    return Number(options.get('gen') ?? this.generations.get(who) ?? -1)
  }

  private send(command: Command): string {
    handle(this.group, command, NOWHERE, this.now, this.out)
    return this.replies()
  }

  private wait(ms: number): string {
    const until = this.now + ms
    const texts: string[] = []
    while (this.group.wake <= until) {
      this.now = Math.max(this.now, this.group.wake)
      const text = this.send({ kind: 'tick' })
      if (text !== '.') texts.push(text)
    }
    this.now = until
    return texts.join('; ') || '.'
  }

  private restart(): string {
    const old = this.group
    this.group = new Group('g', old.limits)
    this.group.apply({ image: old.image })
    this.group.restore(this.now, 45_000)
    return '.'
  }

  private replies(): string {
    for (const record of this.out.records.splice(0)) this.group.apply(record)
    checkGroup(this.group)
    const texts = this.out.replies.splice(0).map(({ token, reply }) => {
      const who = this.tokens[token]!
      this.learn(who, reply)
      return this.show(who, reply)
    })
    return texts.sort().join('; ') || '.'
  }

  private learn(who: string, reply: Reply): void {
    if (reply.kind !== 'join') return
    if (reply.error === 'none') this.generations.set(who, reply.generation)
    if (reply.error === 'none' || reply.error === 'member-id-required') this.ids.set(who, reply.memberId)
  }

  private show(who: string, reply: Reply): string {
    if (reply.kind === 'leave' && reply.error === 'none') {
      return reply.members.map((one) => `${this.nameOf(one.memberId) || one.instanceId} ${fine(one.error)}`).join('; ')
    }
    if (reply.error !== 'none') return `${who || 'group'} ${reply.error}`
    if (reply.kind === 'sync') return `${who} gets ${Buffer.from(reply.assignment).toString() || 'nothing'}`
    if (reply.kind !== 'join') return `${who || 'group'} ok`
    const members = reply.members.map((one) => this.nameOf(one.memberId))
    const role = members.length > 0 ? `as leader of ${members.sort()}` : `under ${this.nameOf(reply.leader)}`
    return `${who} joins ${reply.generation} ${role}${reply.skipAssignment ? ' skipping' : ''}`
  }

  private nameOf(memberId: string): string {
    return this.names.get(memberId) ?? memberId
  }
}

function fine(error: string): string {
  return error === 'none' ? 'ok' : error
}
