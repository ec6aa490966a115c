import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { FetchRequest, FetchResponse } from '../../src/wire/kafka/messages/fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/wire/kafka/messages/list-offsets.ts'
import type { Decoded } from '../../src/wire/kafka/schema.ts'
import { rule } from '../failure.ts'
import { KafkaClient } from '../kafka/client.ts'
import type { KafkaLink } from '../kafka/link.ts'
import type { World } from '../world.ts'
import { TABLE, type TableModel } from './model.ts'
import { decodePacked } from './packed.ts'

type Told = Decoded<typeof FetchResponse>['responses'][number]['partitions'][number]
type Promised = ReturnType<TableModel['promised']>

/** One look through a partition, from its start to its end. */
interface Scan {
  readonly partition: number
  readonly start: number
  readonly begun: number
  readonly promised: Promised['last']
  readonly seen: Map<string, { offset: number; value: string | null }>
  next: number
}

/** Reads the compacted topic from its start to its end, again and again. */
export class TableReader extends KafkaClient {
  private readonly model: TableModel
  private readonly since: number[]

  constructor(world: World, model: TableModel) {
    super(world)
    this.model = model
    this.since = model.partitions.map(() => 0)
  }

  override drain(): void {
    this.since.fill(0)
  }

  done(): boolean {
    return this.since.every((scans) => scans >= 2)
  }

  override toString(): string {
    return `the table was read ${this.since} times`
  }

  protected override opened(link: KafkaLink): void {
    this.act(link)
  }

  protected act(link: KafkaLink): void {
    if (!link.open) return
    const partition = this.world.dice.below(this.model.partitions.length)
    const { last: promised, trimmed } = this.model.promised(partition)
    const begun = this.world.clock.time
    const topics = [{ name: TABLE, partitions: [{ partitionIndex: partition, timestamp: -2 }] }]
    link.ask(ListOffsetsRequest, ListOffsetsResponse, 7, { topics }, (answer) => {
      const { errorCode, offset: start } = answer.topics[0]!.partitions[0]!
      if (errorCode !== 0) {
        this.later(() => this.act(link))
        return
      }
      const { trying } = this.model.partitions[partition]!
      rule(
        start >= trimmed && start <= trying,
        `the table begins at ${start}, and was trimmed to ${trimmed}, or ${trying}`,
      )
      this.fetch(link, { partition, start, begun, promised, seen: new Map(), next: start })
    })
  }

  private fetch(link: KafkaLink, scan: Scan): void {
    const { dice } = this.world
    const { partition } = scan
    const atLeast = this.model.partitions[partition]!.highWatermark
    const partitions = [
      { partition, fetchOffset: scan.next, partitionMaxBytes: dice.pick([1, 1000, 20_000, 1_000_000]) },
    ]
    const request = {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      isolationLevel: 1,
      topics: [{ topic: TABLE, partitions }],
    }
    link.ask(FetchRequest, FetchResponse, 12, request, (answer) => {
      const told = answer.responses[0]!.partitions[0]!
      const { errorCode, highWatermark, lastStableOffset } = told
      // The start moved away under it.
      if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
        rule(scan.next < this.model.partitions[partition]!.trying, `the table has no offset ${scan.next}`)
        this.later(() => this.act(link))
        return
      }
      rule(errorCode === 0, `a fetch from the table was refused with error ${errorCode}`)
      rule(highWatermark >= atLeast, `the table's high watermark went back from ${atLeast} to ${highWatermark}`)
      const model = this.model.partitions[partition]!
      model.highWatermark = Math.max(model.highWatermark, highWatermark)
      this.take(scan, told)
      if (scan.next < lastStableOffset) this.later(() => this.fetch(link, scan))
      else this.finish(link, scan, lastStableOffset)
    })
  }

  private take(scan: Scan, { records: slice, abortedTransactions }: Told): void {
    if (slice === null) return
    const bytes = slice.bytes.slice(slice.at, slice.at + slice.length)
    const { records, next } = decodePacked(bytes, abortedTransactions ?? [])
    for (const record of records) {
      if (record.offset < scan.next) continue
      this.model.shown(scan.partition, record)
      scan.seen.set(record.key!, { offset: record.offset, value: record.value })
    }
    this.world.add('table records read', records.length)
    // Nothing is left from here to the end: what was there was superseded.
    scan.next = Math.max(scan.next, next)
  }

  private finish(link: KafkaLink, scan: Scan, end: number): void {
    if (this.world.clock.time - scan.begun < this.model.tombstoneMs / 2) {
      this.model.scanned(scan.partition, { start: scan.start, end }, scan.seen, scan.promised)
    }
    if (this.world.draining) this.since[scan.partition]!++
    this.later(() => this.act(link))
  }
}
