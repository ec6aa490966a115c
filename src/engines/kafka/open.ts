import type { EngineContext } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { Cluster, type ClusterOptions, type GroupProtocol } from './client/cluster.ts'
import { isUnanswered, passes } from './client/errors.ts'
import { type Library, loadLibrary } from './client/library.ts'
import { KafkaEngine } from './engine.ts'
import { Ground } from './ground.ts'

const DEFAULT_PORT = 9092
const CONNECT_MS = 10_000
const PATIENCE_MS = 120_000

/** What `connect(url, { engine: … })` takes for Kafka. */
export interface KafkaOptions {
  /** Told to the broker; 'posthorn' unless given. */
  readonly clientId?: string
  /** Options of `tls.connect`; `kafkas://` has TLS without any. */
  readonly tls?: object
  /** How to log in; user and password of the URL are PLAIN unless a `mechanism` is given. */
  readonly sasl?: Library.SASLOptions
  /** How long sends and other calls try before they fail, in milliseconds; two minutes unless given. */
  readonly patienceMs?: number
  /** As Kafka's `group.protocol`: 'consumer' (KIP-848) where the broker has it, unless 'classic' is given. */
  readonly groupProtocol?: GroupProtocol
}

/** `kafka://HOST:PORT,HOST:PORT`, `kafkas://USER:PASSWORD@HOST:PORT?mechanism=SCRAM-SHA-512`. */
export async function openEngine(url: string, { log, options }: EngineContext): Promise<KafkaEngine> {
  const settings = clusterOptions(url, options as KafkaOptions)
  const cluster = new Cluster(await loadLibrary(), settings)
  const what = `connecting to ${hostsOf(settings)}`
  try {
    // That nobody is there is told at once; what a broker has answered may pass.
    const isWorthIt = (error: unknown) => passes(error) && !isUnanswered(error)
    await cluster.trying(what, () => cluster.refresh([]), { patienceMs: CONNECT_MS, isWorthIt })
  } catch (error) {
    await cluster.close()
    if (error instanceof PosthornError && error.code !== 'UNAVAILABLE') throw error
    throw new PosthornError('CONNECTION_FAILED', (error as Error).message, { cause: error })
  }
  return new KafkaEngine(new Ground(cluster, log))
}

function hostsOf({ brokers }: ClusterOptions): string {
  return brokers.map(({ host, port }) => `${host}:${port}`).join(', ')
}

function clusterOptions(url: string, options: KafkaOptions): ClusterOptions {
  const [, scheme, login, hosts, query] = /^(kafkas?):\/\/(?:([^@/]*)@)?([^/?]+)\/?(?:\?(.*))?$/.exec(url) ?? []
  if (hosts === undefined) {
    throw new PosthornError('INVALID_OPTION', `the URL names no broker: give one as in kafka://localhost:9092`)
  }
  const brokers = hosts.split(',').map((one) => {
    const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(one)!
    return { host: host!.replace(/^\[(.*)\]$/, '$1'), port: port === undefined ? DEFAULT_PORT : Number(port) }
  })
  const asked = new URLSearchParams(query)
  return {
    brokers,
    clientId: options.clientId ?? asked.get('clientId') ?? 'posthorn',
    tls: options.tls ?? (scheme === 'kafkas' ? {} : null),
    sasl: options.sasl ?? saslOf(login, asked.get('mechanism')),
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    groupProtocol: options.groupProtocol ?? 'consumer',
  }
}

function saslOf(login: string | undefined, mechanism: string | null): Library.SASLOptions | null {
  if (login === undefined) return null
  const [username = '', password = ''] = login.split(':').map(decodeURIComponent)
  return { mechanism: (mechanism ?? 'PLAIN') as Library.SASLMechanismValue, username, password }
}
