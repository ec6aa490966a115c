/** A topic as groups see it. */
export interface TopicView {
  readonly id: string
  readonly name: string
  readonly partitions: { readonly length: number }
}

/** The topics that there are, for the machine that assigns their partitions. */
export interface TopicsView {
  /** Grows whenever a topic comes, grows or goes, or others may know of it. */
  readonly version: number
  byName(name: string): TopicView | undefined
  byId(id: string): TopicView | undefined
  /** Names of the topics that a regular expression matches as a whole. */
  matching(regex: string): readonly string[]
}

/** What may be set for one group, or else for all: Kafka's names in camel case, without the protocol's. */
export interface ConsumerSettings {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** A new target assignment is not made sooner after the last. */
  readonly assignmentIntervalMs: number
}

/** What a group's decisions depend on beside its own state. */
export interface World {
  readonly topics: TopicsView
  readonly consumer: ConsumerSettings
}

/** No topics, and Kafka's settings: for groups that look at neither. */
export const NOWHERE: World = {
  topics: { version: 0, byName: () => undefined, byId: () => undefined, matching: () => [] },
  consumer: { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5_000, assignmentIntervalMs: 1_000 },
}
