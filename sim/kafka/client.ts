import { SimClient } from '../client.ts'
import type { Wire } from '../net.ts'
import { KafkaLink } from './link.ts'

/** A client of Kafka's protocol with one connection at a time. */
export abstract class KafkaClient extends SimClient {
  protected link: KafkaLink | null = null

  /** Does something, and sees to it that it is called again. */
  protected abstract act(link: KafkaLink): void

  protected opened(link: KafkaLink): void {
    this.later(() => this.act(link))
  }

  protected disconnected(): void {}

  protected dial(): Wire | null {
    return this.world.net.connect(9092)
  }

  protected connected(wire: Wire): void {
    const link = new KafkaLink(wire, () => {
      if (this.link === link) this.link = null
      this.disconnected()
      this.comeBack()
    })
    this.link = link
    this.opened(link)
  }
}
