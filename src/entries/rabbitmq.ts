export { FEATURES } from '../engines/rabbitmq/features.ts'
export { openEngine } from '../engines/rabbitmq/open.ts'
export type { NativeQueue, NativeTopic, RabbitOptions } from '../engines/rabbitmq/options.ts'
