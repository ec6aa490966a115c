import { ErrorCode } from '../../src/wire/kafka/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/wire/kafka/messages/create-topics.ts'
import { rule } from '../failure.ts'
import type { Actor, World } from '../world.ts'
import { KafkaLink } from './link.ts'

/** Creates a topic; once created it is there for ever. */
export class Admin implements Actor {
  private readonly world: World
  private readonly partitions: number
  private readonly topic: string
  private created = false

  constructor(world: World, partitions: number, topic: string) {
    this.world = world
    this.partitions = partitions
    this.topic = topic
  }

  begin(): void {
    this.connect()
  }

  drain(): void {}

  done(): boolean {
    return this.created
  }

  end(): void {}

  toString(): string {
    return `the topic is ${this.created ? '' : 'not '}created`
  }

  private connect(): void {
    const wire = this.world.net.connect(9092)
    if (wire === null) {
      this.world.clock.after(10, () => this.connect())
      return
    }
    const link = new KafkaLink(wire, () => this.world.clock.after(10, () => this.connect()))
    this.create(link)
  }

  private create(link: KafkaLink): void {
    const { clock, dice } = this.world
    const topics = [
      { name: this.topic, numPartitions: this.partitions, replicationFactor: 1, assignments: [], configs: [] },
    ]
    const before = this.created
    link.ask(CreateTopicsRequest, CreateTopicsResponse, dice.between(2, 7), { topics, timeoutMs: 1000 }, (answer) => {
      const { errorCode } = answer.topics[0]!
      if (errorCode === 0) rule(!before, 'a topic that was created is not there any more')
      if (errorCode === 0 || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) this.created = true
      // Asking again now and then shows that it stays.
      clock.after(errorCode === ErrorCode.KAFKA_STORAGE_ERROR ? 50 : 1000 + dice.unit() * 5000, () => this.create(link))
    })
  }
}
