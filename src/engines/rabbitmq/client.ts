import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib'
import { PosthornError } from '../../sdk/posthorn-error.ts'

export type { Channel, ChannelModel, ConfirmChannel }

/** The client library, as far as the engine uses it. */
export interface Amqp {
  connect(url: string, socketOptions?: Readonly<Record<string, unknown>>): Promise<ChannelModel>
}

/** @throws PosthornError `NOT_INSTALLED` */
export async function loadAmqp(): Promise<Amqp> {
  try {
    const amqplib = await import('amqplib')
    // A CommonJS module: what it exports is its default.
    return ((amqplib as { default?: unknown }).default ?? amqplib) as Amqp
  } catch (error) {
    const text = `the engine for amqp: needs the package 'amqplib': npm install amqplib@2`
    throw new PosthornError('NOT_INSTALLED', text, { cause: error })
  }
}

/** Which broker is at the other end. */
export interface Server {
  readonly product: string
  readonly version: string
  /** Whether its version is that or later. */
  isAtLeast(major: number, minor: number): boolean
}

export function serverOf(connection: ChannelModel): Server {
  const { product, version } = connection.connection.serverProperties
  const [major = 0, minor = 0] = String(version).split('.').map(Number)
  return {
    product: String(product),
    version: String(version),
    isAtLeast: (least, and) => major > least || (major === least && minor >= and),
  }
}

/** What a client library's errors carry. */
export function codeOf(error: unknown): number | null {
  const code: unknown = (error as { readonly code?: unknown } | null)?.code
  return typeof code === 'number' ? code : null
}

/** Reply codes of AMQP that the engine tells apart. */
export const REPLY = {
  contentTooLarge: 311,
  forced: 320,
  notFound: 404,
  precondition: 406,
  internal: 541,
} as const

/** What a broker's refusal is in the SDK's words. */
export function refusal(error: unknown, what: string): PosthornError {
  const code = codeOf(error)
  const text = (error as Error).message
  if (code === null) return new PosthornError('CONNECTION_FAILED', `${what}: ${text}`, { cause: error })
  if (code === REPLY.notFound) return new PosthornError('NOT_FOUND', `${what}: ${text}`, { cause: error })
  if (code === REPLY.contentTooLarge || /message size|too large/i.test(text)) {
    return new PosthornError('TOO_LARGE', `${what}: ${text}`, { cause: error })
  }
  if (code === REPLY.precondition && /inequivalent arg/.test(text)) {
    return new PosthornError('DECLARED_DIFFERENTLY', `${what}: ${text}`, { cause: error })
  }
  return new PosthornError('REFUSED', `${what}: ${text}`, { cause: error })
}
