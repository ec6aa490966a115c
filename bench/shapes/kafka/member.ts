import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../../src/wire/kafka/messages/find-coordinator.ts'
import { pause } from '../../broker.ts'
import type { KafkaClient } from './client.ts'

/** What the members of a group share. */
export interface Team {
  readonly topic: string
  readonly partitions: number
  /** Seconds between two heartbeats of a member. */
  readonly beat: number
  /** Called when a member's state is another. */
  changed(): void
  failure: Error | null
}

/** A consumer that only takes part in its group. */
export interface Member {
  /** The generation, or the epoch, whose assignment it has. */
  readonly generation: number
  /** Nothing is under way, as far as it knows. */
  readonly settled: boolean
  readonly owned: readonly number[]
  /** Begins to take part. */
  join(): void
  /** Resolves when it is no member any more. */
  leave(): Promise<void>
  close(): void
}

/** A coordinator that loads, or is not there yet. */
export const LOADS: ReadonlySet<number> = new Set([14, 15, 16])
const TRIES = 500

/** Waits until the broker has made its group coordinator. */
export async function findCoordinator(client: KafkaClient): Promise<void> {
  for (let tries = 0; ; tries++) {
    const request = { keyType: 0, coordinatorKeys: ['bench'] }
    const { coordinators } = await client.ask(FindCoordinatorRequest, FindCoordinatorResponse, 4, request)
    const { errorCode } = coordinators[0]!
    if (errorCode === 0) return
    if (tries > TRIES) throw new Error(`FindCoordinator: error ${errorCode}`)
    await pause(0.02)
  }
}
