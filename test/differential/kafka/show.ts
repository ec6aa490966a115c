import { Failure } from '../../../sim/failure.ts'
import { type BatchFields, decodeBatches } from '../../../sim/kafka/batch.ts'
import { errorName } from '../../../src/wire/kafka/errors.ts'
import { type Slice, ZERO_UUID } from '../../../src/wire/kafka/schema.ts'
import { NO_TOPIC } from './topic-id.ts'

/** Fields that tell of the place and the moment, and nothing about behaviour. */
const LEFT_OUT = new Set([
  'port',
  'host',
  'throttleTimeMs',
  'clusterId',
  'rack',
  'logAppendTimeMs',
  'isrNodes',
  'nodeEndpoints',
  'transactionStartTimeMs',
  'sessionId',
  'heartbeatIntervalMs',
])

/** Times between these were given by the broker: those of the records lie outside. */
const SINCE = 1_750_000_000_000
const UNTIL = 1_800_000_000_000

/** The names that a side has given to what it made up. */
type Names = (text: string) => string | undefined

const NOBODY: Names = () => undefined

/** An answer as JSON, sorted, with error codes and ids by name. */
export function show(answer: unknown, names: Names): string {
  return JSON.stringify(sorted(plain(answer, names)))
}

function plain(value: unknown, names: Names): unknown {
  if (typeof value === 'string') return names(value) ?? byPart(value, names)
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array)
    return Buffer.from(value)
      .toString('latin1')
      .replace(/[^ -~]/g, '.')
  if (Array.isArray(value)) return value.map((one) => plain(one, names))
  if (value === null || typeof value !== 'object') return value
  if ('bytes' in value && 'at' in value) return records(value as Slice, names)
  // How many partitions it has, and so which of them it is, is a matter of configuration.
  if ('topic' in value && value.topic === '__consumer_offsets') return value.topic
  const fields = Object.entries(value).filter(([key]) => !LEFT_OUT.has(key))
  // What an error leaves empty is 0, which is nobody's id there.
  const known = 'errorCode' in value && value.errorCode !== 0 ? NOBODY : names
  return Object.fromEntries(
    fields.map(([key, field]) => [key, plainField(key, field, /roducerId$/.test(key) ? known : names)]),
  )
}

function plainField(key: string, field: unknown, names: Names): unknown {
  if (key.endsWith('rrorCode')) return errorName(field as number)
  if ((key === 'producerId' || key === 'ongoingTxnProducerId') && typeof field === 'number')
    return names(`#${field}`) ?? field
  // Of a topic that Metadata made, no side has been told the id.
  if (key === 'topicId' && field !== ZERO_UUID && field !== NO_TOPIC) return names(field as string) ?? '<topic>'
  if (key === 'timestamp' && typeof field === 'number' && field > SINCE && field < UNTIL) return 'now'
  return plain(field, names)
}

/** A member id holds the client's name and a part that is made up: the whole is named, or its made-up part is left out. */
function byPart(text: string, names: Names): string {
  return text
    .replace(/[\w.-]*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => names(id) ?? '<id>')
    .replace(/[A-Za-z0-9_-]{22}/g, (id) => names(id) ?? id)
}

function records({ bytes, at, length }: Slice, names: Names): unknown {
  const found = decoded(bytes.subarray(at, at + length))
  if (typeof found === 'string') return found
  return found.map(({ baseOffset, producerId, producerEpoch, baseSequence, ids }) => ({
    baseOffset,
    producer:
      producerId < 0 ? 'none' : `${names(`#${producerId}`) ?? producerId} epoch ${producerEpoch} from ${baseSequence}`,
    ids: ids.join(' '),
  }))
}

/** The batches, or what is wrong with them: that is compared, too. */
function decoded(bytes: Uint8Array): BatchFields[] | string {
  try {
    return decodeBatches(bytes)
  } catch (error) {
    if (error instanceof Failure) return `${bytes.length} bytes, of which ${error.message}`
    throw error
  }
}

/** Kafka keeps much in hash tables: no order means anything. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (value === null || typeof value !== 'object') return value
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(fields.map(([name, field]) => [name, sorted(field)]))
}
