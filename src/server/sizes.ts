import type { BrokerOptions } from '../broker/broker.ts'
import { REGION } from '../broker/output.ts'
import type { StoreOptions } from '../store/store.ts'
import { TIDY_DEFAULTS } from '../store/tidy.ts'
import type { Config } from './config.ts'

const MIB = 2 ** 20
const OUTPUT_REGIONS = 256
/** Read region, its headroom, and what alignment costs. */
const READ_REGION = MIB

export function storeOptions(config: Config): StoreOptions {
  const ring = Number(config.values['journal.ring'])
  const fileSize = Number(config.values['journal.file'])
  return {
    journalRing: ring,
    spillRing: ring,
    fileSize,
    reserve: 2 * fileSize,
    durability: config.values.durability as 'fsync' | 'os',
    tidy: { ...TIDY_DEFAULTS, budget: Number(config.values['journal.files']) },
    checkpointGrowth: Number(config.values['journal.checkpoint']),
  }
}

export function brokerOptions(config: Config): BrokerOptions {
  const maxMessageSize = Number(config.values['amqp.maxMessageSize'])
  const named = String(config.values.loopbackUsers)
  const loopbackUsers = named === 'none' ? [] : named.split(',').map((name) => name.trim())
  return {
    loopbackUsers,
    outputRegions: OUTPUT_REGIONS,
    maxMessageSize,
    memory: Number(config.values.memory),
    parking: config.values['amqp.overDeliveryLimit'] === 'park',
  }
}

/** The one block of memory for rings, windows, output and input. Its pages cost nothing before they are used. */
export function arenaSize(config: Config): number {
  const store = storeOptions(config)
  return store.journalRing + store.spillRing + 32 * MIB + OUTPUT_REGIONS * REGION + READ_REGION
}
