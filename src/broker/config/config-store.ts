import type { Broker } from '../broker.ts'
import { Part, Record } from '../records.ts'

/** What has settings beside topics, which keep their own. */
export type ConfigKind = 'broker' | 'client-metrics' | 'group'

/** A resource's settings, all of them: an empty list forgets it. As JSON in the journal. */
interface ConfigFact {
  readonly kind: ConfigKind
  readonly name: string
  readonly configs: [string, string][]
}

/** Resources in one slice of the checkpoint. */
const SLICE = 1000
/** Bytes of journal that a fact takes beside its text. */
const ROOM = 256

const NOTHING: ReadonlyMap<string, string> = new Map()
/** What a new cluster has for all its brokers, and what can't be taken away. */
const ALL_BROKERS: ReadonlyMap<string, string> = new Map([['min.insync.replicas', '1']])

/** Settings that clients gave at run time to the broker, to client metrics and to groups. */
export class ConfigStore {
  /** Called when a resource has other settings, live and at recovery. */
  readonly onChanged: ((kind: ConfigKind, name: string) => void)[] = []
  private readonly broker: Broker
  private readonly kinds: { readonly [kind in ConfigKind]: Map<string, ReadonlyMap<string, string>> } = {
    broker: new Map([['', ALL_BROKERS]]),
    'client-metrics': new Map(),
    group: new Map(),
  }

  constructor(broker: Broker) {
    this.broker = broker
    broker.applies.set(Record.configs, (bytes, at, length) => {
      this.apply(JSON.parse(Buffer.from(bytes.subarray(at, at + length)).toString()) as ConfigFact)
    })
    broker.parts.push({
      kind: Part.upkeep,
      consistent: true,
      snapshot: () => this.snapshot(),
      load: (bytes) => {
        const { configs = [] } = JSON.parse(Buffer.from(bytes).toString()) as { configs?: ConfigFact[] }
        for (const fact of configs) this.apply(fact)
      },
    })
  }

  get(kind: ConfigKind, name: string): ReadonlyMap<string, string> {
    return this.kinds[kind].get(name) ?? NOTHING
  }

  /** The names of those that have settings of their own. */
  names(kind: ConfigKind): string[] {
    return [...this.kinds[kind].keys()]
  }

  /** Gives a resource these settings in place of those it has; false if the journal has no room. */
  set(kind: ConfigKind, name: string, configs: ReadonlyMap<string, string>): boolean {
    const { broker } = this
    const fact: ConfigFact = { kind, name, configs: [...configs] }
    const text = Buffer.from(JSON.stringify(fact))
    if (!broker.hasRoomForDefinition(text.length + ROOM, configs.size === 0)) return false
    broker.arena.bytes.set(text, broker.store.journal.append(Record.configs, text.length))
    broker.turn.touch()
    this.apply(fact)
    return true
  }

  private apply({ kind, name, configs }: ConfigFact): void {
    if (configs.length === 0) this.kinds[kind].delete(name)
    else this.kinds[kind].set(name, new Map(configs))
    for (const changed of this.onChanged) changed(kind, name)
  }

  private *snapshot(): Generator<Uint8Array> {
    let slice: ConfigFact[] = []
    for (const kind of Object.keys(this.kinds) as ConfigKind[]) {
      for (const [name, configs] of this.kinds[kind]) {
        slice.push({ kind, name, configs: [...configs] })
        if (slice.length < SLICE) continue
        yield Buffer.from(JSON.stringify({ configs: slice }))
        slice = []
      }
    }
    if (slice.length > 0) yield Buffer.from(JSON.stringify({ configs: slice }))
  }
}
