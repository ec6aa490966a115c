import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Replies, Reply } from '../../sdk/engine.ts'
import { Reader, Source } from './client/reader.ts'
import { createTopics } from './declare.ts'
import type { Closable, Ground } from './ground.ts'

/** Answers that nobody has read are kept so long: topics that a crash has left behind are empty by then. */
const RETENTION_MS = 3_600_000
const DELETE_MS = 10_000

/** Where this process gets answers: a topic of its own, deleted when the engine closes. */
export class KafkaReplies implements Replies, Closable {
  readonly address = `posthorn.replies.${hostname().replace(/[^A-Za-z0-9-]/g, '-')}.${process.pid}.${randomUUID()}`
  private readonly ground: Ground
  private readonly reader: Reader

  constructor(ground: Ground, onReply: (reply: Reply) => void) {
    this.ground = ground
    this.reader = new Reader(
      ground.cluster,
      (_, records) => {
        for (const { body, headers } of records) onReply({ body: body ?? new Uint8Array(0), headers })
      },
      (error) => ground.log.error({ topic: this.address, error }, 'answers do not come any more'),
    )
  }

  async open(): Promise<void> {
    const configs = { 'retention.ms': String(RETENTION_MS) }
    await createTopics(this.ground.cluster, [{ name: this.address, partitions: 1, configs }], {})
    this.reader.add([new Source(this.address, 0, 0)])
  }

  async close(): Promise<void> {
    await this.reader.close()
    const { cluster, log } = this.ground
    try {
      await cluster.lane.call(null, 'deleteTopics', [{ name: this.address }], DELETE_MS)
    } catch (error) {
      log.warn({ topic: this.address, error }, 'the topic for answers stays behind')
    }
    this.ground.closed(this)
  }
}
