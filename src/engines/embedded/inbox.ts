import { createTopic } from '../../broker/topic/create.ts'
import type { EngineInbox, InboxKey, OutgoingRecord } from '../../sdk/engine.ts'
import { type Ground, NO_ROOM } from './ground.ts'
import { readAllRecords } from './partition-reader.ts'

/**
 * Where keys of what was handled are kept: a topic like any other, whose records are stored with what they are about. A record's key is consumer and key,
 * its value says until when it is known.
 */
const TOPIC = '__posthorn_inbox'
/** No key is known longer. */
const RETENTION_MS = 7 * 86_400_000
/** Keys that may be looked at before those that are out of date are thrown away. */
const SWEEP = 10_000

export const LONGEST_WINDOW_MS = RETENTION_MS

/** The keys of what was handled, in memory and in a topic. */
export class EmbeddedInbox implements EngineInbox {
  private readonly ground: Ground
  /** Until when a key is known. */
  private readonly known = new Map<string, number>()
  /** Who waits for keys that somebody is at work on. */
  private readonly taken = new Map<string, (() => void)[]>()
  private loading: Promise<void> | null = null
  private sweepAt = SWEEP

  constructor(ground: Ground) {
    this.ground = ground
  }

  async claim(consumer: string, key: string): Promise<boolean> {
    this.loading ??= this.load()
    await this.loading
    const name = nameOf(consumer, key)
    for (;;) {
      const until = this.known.get(name)
      if (until !== undefined && until > this.ground.broker.env.clock.now()) return false
      const waiting = this.taken.get(name)
      if (waiting === undefined) break
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    this.taken.set(name, [])
    return true
  }

  giveUp(consumer: string, key: string): void {
    this.free(nameOf(consumer, key))
  }

  /** The record that remembers a key; it goes into the entry of what was handled. */
  recordOf({ consumer, key, until }: InboxKey): OutgoingRecord {
    return {
      topic: TOPIC,
      key: nameOf(consumer, key),
      body: Buffer.from(String(until)),
      headers: {},
      partition: 0,
      timestamp: this.ground.broker.env.clock.now(),
    }
  }

  /** That record is stored. */
  noted({ consumer, key, until }: InboxKey): void {
    const name = nameOf(consumer, key)
    this.known.set(name, until)
    this.free(name)
    if (this.known.size >= this.sweepAt) this.sweep()
  }

  private free(name: string): void {
    const waiting = this.taken.get(name) ?? []
    this.taken.delete(name)
    for (const resolve of waiting) resolve()
  }

  private sweep(): void {
    const now = this.ground.broker.env.clock.now()
    for (const [name, until] of this.known) if (until <= now) this.known.delete(name)
    this.sweepAt = Math.max(SWEEP, 2 * this.known.size)
  }

  private async load(): Promise<void> {
    const { ground } = this
    const { topics } = ground.nouns
    await ground.act(() => {
      if (topics.byName.has(TOPIC)) return true
      const configs = new Map([['retention.ms', String(RETENTION_MS)]])
      const created = createTopic(topics, { name: TOPIC, partitions: 1, configs })
      return created.ok || created.reason !== 'no-room' ? true : NO_ROOM
    })
    const partition = topics.byName.get(TOPIC)!.partitions[0]!
    const now = ground.broker.env.clock.now()
    await readAllRecords(ground, partition, ({ key, body }) => {
      const until = Number(Buffer.from(body ?? []).toString())
      if (key !== null && until > now) this.known.set(key, until)
    })
  }
}

function nameOf(consumer: string, key: string): string {
  return `${consumer}/${key}`
}
