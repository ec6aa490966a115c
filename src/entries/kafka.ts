export { KafkaEngine } from '../engines/kafka/engine.ts'
export { FEATURES } from '../engines/kafka/features.ts'
export { type KafkaOptions, openEngine } from '../engines/kafka/open.ts'
