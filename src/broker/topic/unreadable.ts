import type { Partition } from '../../core/partition/partition.ts'
import { StoreError } from '../../store/errors.ts'
import type { Broker } from '../broker.ts'

/** Places that are reported one by one: whoever asks asks again and again. */
const LIMIT = 1000

/** Reports records that the disk does not give back, once for each offset somebody asked for. */
export function reportUnreadable(broker: Broker, partition: Partition, offset: number, error: Error): void {
  const { topic, number } = partition
  const place = `${partition.id}:${offset}`
  if (broker.unreadable.size === LIMIT || broker.unreadable.has(place)) return
  broker.unreadable.add(place)
  const file = error instanceof StoreError ? (error.file ?? '') : ''
  broker.report({ kind: 'unreadable-records', topic, partition: number, offset, file, reason: error.message })
}
