import type { Broker } from './broker.ts'
import type { Definition } from './definition.ts'
import { journalDefinition } from './definitions.ts'

interface ClusterId extends Definition {
  readonly kind: 'cluster-id'
  readonly value: string
}

/** The id by which clients know this broker's data: made at the first start, and kept. */
export class ClusterIdentity {
  private fact: ClusterId | null = null

  /** Before recovery. */
  constructor(broker: Broker) {
    broker.definitions.push({
      kinds: ['cluster-id'],
      apply: (definition) => {
        this.fact ??= definition as ClusterId
      },
      all: () => (this.fact === null ? [] : [this.fact]),
    })
  }

  /** After recovery. 22 characters of base64url, as Kafka's are. */
  value(broker: Broker): string {
    if (this.fact === null) {
      const bytes = new Uint8Array(16)
      broker.env.random.fill(bytes)
      this.fact = { kind: 'cluster-id', id: 0, value: Buffer.from(bytes).toString('base64url') }
      journalDefinition(broker, this.fact)
    }
    return this.fact.value
  }
}
