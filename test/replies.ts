import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { METHODS } from '../src/wire/amqp/methods.ts'
import { type Came, Closed } from './raw-client.ts'

/** What a real RabbitMQ answered in one case. */
export interface Reply {
  readonly case: string
  readonly scope: 'channel' | 'connection' | 'ok' | 'return'
  readonly code: number
  readonly text: string
  readonly method?: string
}

/** The recorded replies by case; null if the specifications are not beside the repository. */
export function recordedReplies(): Map<string, Reply> | null {
  const shared = process.env.POSTHORN_SHARED ?? resolve(import.meta.dirname, '../../../shared')
  const file = join(shared, 'specs/rabbitmq/replies.json')
  if (!existsSync(file)) return null
  const replies: Reply[] = JSON.parse(readFileSync(file, 'utf8'))
  return new Map(replies.map((reply) => [reply.case, reply]))
}

/** Runs a case, and tells what came in the record's own form. */
export async function observe(name: string, run: () => Promise<Came | undefined>): Promise<Reply> {
  try {
    const came = await run()
    const text = came === undefined ? '(nothing comes back)' : `${came.name} ${JSON.stringify(shown(came.args))}`
    return { case: name, scope: 'ok', code: 0, text }
  } catch (error) {
    if (!(error instanceof Closed)) throw error
    const { came } = error
    if (came.name === 'ended') {
      return { case: name, scope: 'connection', code: 0, text: '(the server closes the socket without a frame)' }
    }
    const scope = came.name === 'channel.close' ? 'channel' : 'connection'
    const { replyCode, replyText, classId, methodId } = came.args as Record<string, number>
    const method = METHODS.get(classId! * 0x10000 + methodId!)?.name ?? 'none'
    return { case: name, scope, code: replyCode!, text: String(replyText), method }
  }
}

/** Arguments with the names of the specification, and what the server made up as its shape. */
function shown(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(args).map(([key, value]) => [
    key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    typeof value === 'string' ? value.replace(/^(amq\.\w+-)[\w-]{22}$/, '$1<22 characters of base64url>') : value,
  ])
  return Object.fromEntries(entries)
}
