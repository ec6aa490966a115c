import { EndTxnRequest, EndTxnResponse } from '../../../src/wire/kafka/messages/end-txn.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../../src/wire/kafka/messages/find-coordinator.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../../src/wire/kafka/messages/init-producer-id.ts'
import { ProduceRequest, ProduceResponse } from '../../../src/wire/kafka/messages/produce.ts'
import { pause, type Running } from '../../broker.ts'
import { perSecond, quantile, type Setting } from '../shape.ts'
import { Batch } from './batch.ts'
import { decoded, encoded, KafkaClient } from './client.ts'

const TOPIC = 'bench-transactions'
const ID = 'bench'
const STATE_TOPIC = '__transaction_state'
const IN_FLIGHT = 5
const TRANSACTION = 1
/** As Java's producer of Kafka 4: partitions join by writing to them, and every end gives a new epoch (KIP-890). */
const VERSIONS = { produce: 12, end: 5, init: 4 }
/** A coordinator that loads, or is not there yet, and the last transaction that is not over yet. */
const AGAIN = new Set([14, 15, 16, 51])
const PATIENCE = 10_000

/** One producer that commits one transaction after the other: of one record of 100 B, and of ten requests of 64 KiB. */
export async function transactions(running: Running, setting: Setting): Promise<Record<string, number>> {
  const client = await KafkaClient.open(running.address('kafka'))
  await client.createTopic(TOPIC, 1, {})
  const producer = await Producer.open(client)
  const small = { batch: new Batch(1, 100), requests: 1 }
  const large = { batch: new Batch(64, 1000), requests: 10 }
  await producer.run(small, setting.warmup)
  const smalls = await producer.run(small, setting.seconds)
  const larges = await producer.run(large, setting.seconds)
  const figures: Record<string, number> = {
    ...{ small: smalls.rate, 'small.p50': smalls.p50, 'small.p99': smalls.p99 },
    ...{ large: larges.rate, 'large.p50': larges.p50, 'large.p99': larges.p99 },
  }
  if (setting.peer) {
    for (const topic of [TOPIC, STATE_TOPIC]) await client.alterConfigs('topic', topic, { 'flush.messages': '1' })
    figures['small.flush'] = (await producer.run(small, setting.seconds)).rate
    figures['large.flush'] = (await producer.run(large, setting.seconds)).rate
  }
  await producer.check()
  client.close()
  return figures
}

interface Transaction {
  readonly batch: Batch
  readonly requests: number
}

class Producer {
  private readonly client: KafkaClient
  private id = -1
  private epoch = -1
  private sequence = 0
  /** Offsets that records and markers have taken. */
  private offsets = 0

  private constructor(client: KafkaClient) {
    this.client = client
  }

  static async open(client: KafkaClient): Promise<Producer> {
    const producer = new Producer(client)
    const keys = { keyType: TRANSACTION, coordinatorKeys: [ID] }
    await persist('FindCoordinator', async () => {
      const { coordinators } = await client.ask(FindCoordinatorRequest, FindCoordinatorResponse, 4, keys)
      return coordinators[0]!.errorCode
    })
    await persist('InitProducerId', async () => {
      const request = { transactionalId: ID, transactionTimeoutMs: 60_000 }
      const told = await client.ask(InitProducerIdRequest, InitProducerIdResponse, VERSIONS.init, request)
      producer.id = told.producerId
      producer.epoch = told.producerEpoch
      return told.errorCode
    })
    return producer
  }

  /** Transactions for some time: how many a second, and milliseconds from the call to commit until it is answered. */
  async run(transaction: Transaction, seconds: number): Promise<{ rate: number; p50: number; p99: number }> {
    const began = performance.now()
    const commits: number[] = []
    while (performance.now() - began < seconds * 1000) {
      await this.write(transaction)
      const ending = performance.now()
      await this.commit()
      commits.push(performance.now() - ending)
    }
    return { rate: perSecond(commits.length, began), p50: quantile(commits, 0.5), p99: quantile(commits, 0.99) }
  }

  /** @throws Error unless all transactions are there, and committed. */
  async check(): Promise<void> {
    // A marker may be written a moment after the end is answered.
    const began = performance.now()
    for (let seen = -1; seen !== this.offsets; await pause(0.01)) {
      seen = await this.client.endOffset(TOPIC, true)
      if (seen > this.offsets || performance.now() - began > PATIENCE)
        throw new Error(`the last stable offset is ${seen} where ${this.offsets} was expected`)
    }
  }

  private async write({ batch, requests }: Transaction): Promise<void> {
    const lanes: Promise<void>[] = []
    // The first makes the transaction begin, which may have to be asked for again.
    await this.produce(batch)
    for (let sent = 1; sent < requests; sent++) {
      if (lanes.length === IN_FLIGHT) await lanes.shift()
      lanes.push(this.produce(batch))
    }
    await Promise.all(lanes)
    this.offsets += requests * batch.count
  }

  private produce(batch: Batch): Promise<void> {
    batch.setProducer(this.id, this.epoch, this.sequence)
    this.sequence += batch.count
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records: batch.sealed() }] }]
    const values = { transactionalId: ID, acks: -1, timeoutMs: 30_000, topicData }
    const request = encoded(ProduceRequest, VERSIONS.produce, values)
    return persist('Produce', async () => {
      const told = decoded(ProduceResponse, VERSIONS.produce, await this.client.send(request))
      return told.responses[0]!.partitionResponses[0]!.errorCode
    })
  }

  private async commit(): Promise<void> {
    const request = { transactionalId: ID, producerId: this.id, producerEpoch: this.epoch, committed: true }
    await persist('EndTxn', async () => {
      const told = await this.client.ask(EndTxnRequest, EndTxnResponse, VERSIONS.end, request)
      if (told.errorCode === 0) {
        this.id = told.producerId
        this.epoch = told.producerEpoch
      }
      return told.errorCode
    })
    this.sequence = 0
    this.offsets++
  }
}

/** Asks again, a millisecond later, while the coordinator is busy. */
async function persist(what: string, ask: () => Promise<number>): Promise<void> {
  const began = performance.now()
  for (;;) {
    const error = await ask()
    if (error === 0) return
    if (!AGAIN.has(error) || performance.now() - began > PATIENCE) throw new Error(`${what}: error ${error}`)
    await pause(0.001)
  }
}
