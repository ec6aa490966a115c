import type { Broker } from '../broker.ts'
import { DONE, type Done, refused } from '../done.ts'
import type { VHostMetadata } from '../vhost.ts'
import { changeVHost } from './facts.ts'

const QUEUE_TYPES = ['classic', 'quorum', 'stream']
const LONGEST_NAME = 255
const EMPTY: VHostMetadata = { description: '', tags: [], default_queue_type: 'classic' }

/** What is to be set; what is left out stays as it is. */
export interface VHostChange {
  readonly name: string
  readonly metadata?: Partial<VHostMetadata>
}

/** Makes a vhost, or describes one anew. */
export function setVHost(broker: Broker, { name, metadata = {} }: VHostChange): Done {
  if (name === '' || Buffer.byteLength(name) > LONGEST_NAME) {
    return refused('invalid', `a vhost's name has between 1 and ${LONGEST_NAME} bytes`)
  }
  const type = metadata.default_queue_type ?? 'classic'
  if (!QUEUE_TYPES.includes(type)) return refused('invalid', `${type} is not a valid queue type`)
  const known = broker.vhosts.get(name)
  if (known !== undefined && Object.keys(metadata).length === 0) return DONE
  changeVHost(broker, { kind: 'vhost', name, metadata: { ...(known?.metadata ?? EMPTY), ...metadata } })
  return DONE
}
