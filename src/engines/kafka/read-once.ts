import type { IncomingRecord } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { Reader, Source } from './client/reader.ts'
import type { Ground } from './ground.ts'

/** Hands over what is in a partition from `from` up to `end`, in order, until `visit` says that it is enough. */
export function readOnce(
  ground: Ground,
  topic: string,
  from: number,
  end: number,
  visit: (record: IncomingRecord) => boolean,
): Promise<void> {
  if (from >= end) return Promise.resolve()
  return new Promise((resolve, reject) => {
    let over = false
    const finish = (error: PosthornError | null) => {
      if (over) return
      over = true
      reader.close().then(() => (error === null ? resolve() : reject(error)), reject)
    }
    const onRead = (source: Source, records: readonly IncomingRecord[]) => {
      if (over) return
      for (const record of records) {
        if (record.offset >= end || !visit(record)) {
          finish(null)
          return
        }
      }
      if (source.next >= end) finish(null)
      else if (ground.cluster.closed) finish(new PosthornError('CLOSED', 'the engine is closed'))
    }
    const reader = new Reader(ground.cluster, onRead, finish)
    reader.add([new Source(topic, 0, from)])
  })
}
