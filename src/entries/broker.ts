export { type BrokerOptions, type RunningBroker, startBroker } from '../engines/embedded/start.ts'
