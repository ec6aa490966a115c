/** What the engine does beyond what all do; docs/engines.md has the reasons. */
export const FEATURES = {
  atomic: true,
  atomicTopics: true,
  inbox: false,
  cancel: true,
  priority: false,
  queueOrder: true,
  places: true,
  compaction: true,
} as const
