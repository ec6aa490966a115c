import type { Features } from '../../sdk/engine.ts'

/** What RabbitMQ can do. Whether it hands out by priority depends on its version. */
export const FEATURES = {
  atomic: false,
  atomicTopics: false,
  inbox: false,
  cancel: true,
  priority: true as boolean,
  queueOrder: true,
  places: false,
  compaction: false,
} as const satisfies Features

/** Quorum queues hand out by priority from 4.3 on. */
export function featuresOf(server: { isAtLeast(major: number, minor: number): boolean }): typeof FEATURES {
  return { ...FEATURES, priority: server.isAtLeast(4, 3) }
}
