import type { OpenEngine } from '../../sdk/engine.ts'
import { PosthornError } from '../../sdk/posthorn-error.ts'
import { type ChannelModel, loadAmqp } from './client.ts'
import { RabbitEngine } from './engine.ts'
import { Link } from './link.ts'
import type { RabbitOptions } from './options.ts'

const HEARTBEAT_S = 15
const CONNECT_MS = 10_000
const OURS = 'Posthorn'
/** What a connection takes before it asks to wait: one round of the event loop, see `gathering.ts`. */
const WRITE_BYTES = 256 * 1024

/** Opens the engine of `amqp:` and `amqps:` URLs. @throws PosthornError `NOT_INSTALLED`, `CONNECTION_FAILED` */
export const openEngine: OpenEngine = async (url, { log, options }) => {
  const amqp = await loadAmqp()
  const { socket = {}, name = 'posthorn', heartbeat = HEARTBEAT_S, delayedExchange } = options as RabbitOptions
  const target = withHeartbeat(url, heartbeat)
  const dial = (purpose: string) => (): Promise<ChannelModel> =>
    amqp.connect(target, {
      timeout: CONNECT_MS,
      noDelay: true,
      writableHighWaterMark: WRITE_BYTES,
      ...socket,
      clientProperties: { connection_name: `${name} (${purpose})` },
    })
  const sending = new Link(dial('sending'), 'sending', log)
  const receiving = new Link(dial('receiving'), 'receiving', log)
  try {
    const [server] = await Promise.all([sending.open(), receiving.open()])
    const parts = { sending, receiving, server, log, delayedExchange: delayedExchange ?? server.product === OURS }
    const engine = new RabbitEngine(parts)
    await engine.start()
    return engine
  } catch (error) {
    await Promise.all([sending.close(), receiving.close()])
    throw new PosthornError('CONNECTION_FAILED', reasonOf(url, error as Error), { cause: error })
  }
}

/** The client library does not pass on what a broker says when it does not let a user into a vhost. */
function reasonOf(url: string, { message }: Error): string {
  // The URL has a password.
  const { host, pathname } = new URL(url)
  if (!message.startsWith('Expected ConnectionOpenOk')) return `${host}: ${message.trim()}`
  const vhost = decodeURIComponent(pathname.slice(1)) || '/'
  return `${host}: the broker does not open vhost '${vhost}' for this user: it is not there, or the user may not use it`
}

function withHeartbeat(url: string, seconds: number): string {
  const parsed = new URL(url)
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(seconds))
  return parsed.href
}
