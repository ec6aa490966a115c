import { MemoryDisk } from '../../env/memory-disk.ts'
import type { EngineContext } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { type Embedded, openEmbedded } from '../../server/embed.ts'
import type { Log } from '../../server/log.ts'
import { EmbeddedConsumption } from './consumption.ts'
import { EmbeddedEngine } from './engine.ts'
import { Ground } from './ground.ts'
import { EmbeddedInbox } from './inbox.ts'
import { Memberships, putOut } from './membership.ts'

/** A broker in this process, and as many engines over it as somebody wants. */
export class EmbeddedBroker {
  readonly ground: Ground
  private readonly embedded: Embedded
  private readonly inbox: EmbeddedInbox
  private readonly members = new Memberships()

  constructor(embedded: Embedded, log: Log) {
    this.embedded = embedded
    this.ground = new Ground(embedded.broker, embedded.nouns, log)
    this.inbox = new EmbeddedInbox(this.ground)
  }

  engine(end: () => Promise<void> = async () => {}): EmbeddedEngine {
    return new EmbeddedEngine(this.ground, { inbox: this.inbox, members: this.members }, end)
  }

  /** Takes back what consumers have of a queue, as if they were gone. Returns how many deliveries. */
  redeliver(queue: string): number {
    let count = 0
    for (const consumer of this.ground.vhost.queues.get(queue)?.consumers ?? []) {
      if (consumer instanceof EmbeddedConsumption) count += consumer.lose()
    }
    return count
  }

  /** Puts a member out of a group; it joins again when it hears of that. False if the group has none. */
  rebalance(name: string): boolean {
    return putOut(this.ground, this.members, name)
  }

  /** Writes what there is and lets the directory go. */
  close(): Promise<void> {
    this.ground.end(new PosthornError('CLOSED', 'the broker is closed'))
    return new Promise((resolve) => this.embedded.close(resolve))
  }
}

/** `memory:` is a broker of its own each time; `file:DIR` has its data there. */
export async function openEmbeddedBroker(url: string, log: Log): Promise<EmbeddedBroker> {
  const data = url.startsWith('memory:') ? new MemoryDisk() : directoryOf(url)
  let broker: EmbeddedBroker | null = null
  const onFatal = (error: Error) => {
    log.error({ url }, `the journal can't be written, so nothing more can be promised: ${error.message}`)
    broker?.ground.end(new PosthornError('UNAVAILABLE', `the journal can't be written`, { cause: error }))
  }
  try {
    broker = new EmbeddedBroker(await openEmbedded({ data, log, onFatal }), log)
  } catch (error) {
    throw new PosthornError('CONNECTION_FAILED', `${url}: ${(error as Error).message}`, { cause: error })
  }
  return broker
}

export async function openEngine(url: string, { log }: EngineContext): Promise<EmbeddedEngine> {
  const broker = await openEmbeddedBroker(url, log)
  return broker.engine(() => broker.close())
}

/** `file:./data`, `file:data`, `file:/var/lib/posthorn`, `file:///var/lib/posthorn`. */
function directoryOf(url: string): string {
  const path = decodeURIComponent(url.slice('file:'.length).replace(/^\/\/(?=\/)/, ''))
  if (path !== '') return path
  throw new PosthornError('INVALID_OPTION', `${url}: name a directory, as in file:./data`)
}
