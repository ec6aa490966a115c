/** What Kafka calls a feature (KIP-584): something clients can be told is switched on, up to a level. */
export interface Feature {
  readonly name: string
  /** The lowest and the highest level that is built. */
  readonly min: number
  readonly max: number
  /** The level of a new cluster. */
  readonly level: number
}

/** A level promises what is built, and no more: clients choose what they do by it. */
export const FEATURES: readonly Feature[] = [
  { name: 'eligible.leader.replicas.version', min: 0, max: 1, level: 1 },
  { name: 'group.version', min: 0, max: 1, level: 1 },
  { name: 'kraft.version', min: 0, max: 1, level: 0 },
  { name: 'metadata.version', min: 7, max: 30, level: 30 },
  { name: 'share.version', min: 0, max: 1, level: 1 },
  { name: 'transaction.version', min: 0, max: 2, level: 2 },
]

const AT_FIRST: ReadonlyMap<string, number> = new Map(FEATURES.map(({ name, level }) => [name, level]))

/** What can happen to a feature: it has this level now. */
export interface FeatureFact {
  readonly kind: 'feature'
  readonly id: number
  readonly name: string
  readonly level: number
}

/** The levels that features have, and how far the journal has to be durable for what is said of them. */
export class FeatureStore {
  position = 0
  private readonly facts = new Map<string, FeatureFact>()

  /** Grows with each change: clients pass over what is older than what they know. */
  get epoch(): number {
    return Math.max(1, ...[...this.facts.values()].map(({ id }) => id))
  }

  /** 0 is switched off, also for what is not known. */
  level(name: string): number {
    return this.facts.get(name)?.level ?? AT_FIRST.get(name) ?? 0
  }

  apply(fact: FeatureFact): void {
    this.facts.set(fact.name, fact)
  }

  /** What was changed since the cluster was new. */
  changed(): Iterable<FeatureFact> {
    return this.facts.values()
  }
}
