import type { TopicView } from './world.ts'

/** Stands for a set of topics by id and the numbers of their partitions; 0 for none. */
export function hashOf(all: ReadonlyMap<string, TopicView>): number {
  if (all.size === 0) return 0
  let high = 0x811c9dc5
  let low = 0x01000193
  for (const id of [...all.keys()].sort()) {
    const text = `${id}:${all.get(id)!.partitions.length};`
    for (let i = 0; i < text.length; i++) {
      high = Math.imul(high ^ text.charCodeAt(i), 0x01000193)
      low = Math.imul(low ^ text.charCodeAt(i), 0x85ebca6b)
    }
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0)
}
