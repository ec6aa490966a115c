import type { Broker } from '../broker.ts'
import type { Definition } from '../definition.ts'
import { journalDefinition } from '../definitions.ts'
import type { FeatureFact } from './feature-store.ts'

/** Bytes of journal that a level takes. */
const ROOM = 256

/** Teaches the broker to rebuild the levels of features. A later fact about a feature replaces an earlier one. */
export function registerFeatures(broker: Broker): void {
  const { features } = broker
  broker.definitions.push({
    kinds: ['feature'],
    apply: (definition) => features.apply(definition as FeatureFact),
    *all() {
      for (const fact of features.changed()) yield fact as Definition
    },
  })
}

/** Sets features to these levels, which they have to support. False if the journal has no room for it. */
export function setLevels(broker: Broker, levels: ReadonlyMap<string, number>): boolean {
  const { features } = broker
  if (!broker.hasRoomForDefinition(levels.size * ROOM, false)) return false
  for (const [name, level] of levels) {
    if (features.level(name) === level) continue
    const fact: FeatureFact = { kind: 'feature', id: ++broker.lastId, name, level }
    features.apply(fact)
    features.position = journalDefinition(broker, fact)
  }
  return true
}
