import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Broker } from '../broker/broker.ts'
import { isRefused, registryRefusal } from '../core/subject/refusals.ts'
import { authenticate } from './authenticate.ts'
import { type BodyBudget, readBody } from './body.ts'
import { type Call, Refused, type Rights } from './call.ts'
import { isReadable, MEDIA_TYPES, mediaTypeFor, send, sendError } from './reply.ts'
import type { Found, Router } from './router.ts'

/** An answer that takes longer than this, for want of room or of a disk, is not waited for. */
const ANSWER_MS = 60_000

/** What Confluent's newer clients send. */
const TAKES_UNKNOWN = 'confluent-accept-unknown-properties'

const METHODS_WITH_BODY: readonly string[] = ['POST', 'PUT']

/** One request and its answer. What the client did wrong is told; what we did wrong costs this request alone. */
export class Exchange {
  private readonly broker: Broker
  private readonly router: Router
  private readonly budget: BodyBudget
  private readonly request: IncomingMessage
  private readonly response: ServerResponse
  private readonly log: (text: string) => void
  private mediaType: string = MEDIA_TYPES[0]

  constructor(
    broker: Broker,
    router: Router,
    budget: BodyBudget,
    request: IncomingMessage,
    response: ServerResponse,
    log: (text: string) => void,
  ) {
    this.broker = broker
    this.router = router
    this.budget = budget
    this.request = request
    this.response = response
    this.log = log
  }

  /** Reads all of the request, finds out who asks, and what for. */
  begin(asks: boolean): void {
    this.response.on('error', () => this.response.destroy())
    readBody(this.request, this.budget, (body) => {
      if ('status' in body) {
        // What else is coming is not read.
        this.response.setHeader('connection', 'close')
        this.refuse(body.status, body.status === 413 ? 'The request is too large' : 'Too much is being sent at once')
        return
      }
      authenticate(this.broker, this.request, asks, (rights) => {
        if (rights !== null) this.dispatch(rights, body.bytes)
        else {
          this.response.setHeader('www-authenticate', 'Basic realm="Posthorn", charset="UTF-8"')
          this.refuse(401, 'Unauthorized')
        }
      })
    })
  }

  private dispatch(rights: Rights, bytes: Buffer): void {
    const { method = '', url = '/', headers } = this.request
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    const found = this.router.find(method, path)
    const mediaType = mediaTypeFor(headers.accept)
    if (isFromAnotherPage(method, headers)) this.refuse(403, 'A page of another site may not change anything here')
    else if (found === null) this.refuse(404, 'HTTP 404 Not Found')
    else if (found === 'method') this.refuse(405, 'HTTP 405 Method Not Allowed')
    else if (mediaType === null) this.refuse(406, 'HTTP 406 Not Acceptable')
    else if (METHODS_WITH_BODY.includes(method) && !isReadable(headers['content-type']))
      this.refuse(415, 'HTTP 415 Unsupported Media Type')
    else {
      this.mediaType = mediaType
      this.run(found, rights, new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)), bytes)
    }
  }

  private run({ route, params, context }: Found, rights: Rights, query: URLSearchParams, bytes: Buffer): void {
    const late = this.broker.timers.after(ANSWER_MS, () => this.refuse(500, 'The operation timed out', 50002))
    const answer = (outcome: unknown) => {
      // What was read has to be as durable as what was written.
      this.broker.turn.hold(this.broker.subjects.position, {
        release: () => {
          this.broker.timers.clear(late)
          if (!isRefused(outcome)) this.reply(outcome)
          else this.refuse(outcome.status, outcome.message, outcome.code)
        },
      })
    }
    try {
      const takesUnknown = this.request.headers[TAKES_UNKNOWN] === 'true'
      const call: Call = { params, query, body: parse(bytes), context, takesUnknown, rights, answer }
      route.run(call)
    } catch (error) {
      if (error instanceof Refused) answer(error.refusal)
      else {
        this.log(`${this.request.method} ${this.request.url}: ${(error as Error).stack}`)
        answer(registryRefusal(50001, 'Error in the registry: see the log of the broker'))
      }
    }
  }

  private reply(outcome: unknown): void {
    if (!this.response.writableEnded) send(this.response, 200, this.mediaType, outcome)
  }

  private refuse(status: number, message: string, code = status): void {
    if (!this.response.writableEnded) sendError(this.response, status, this.mediaType, message, code)
  }
}

/** A browser sends a page's requests to wherever the page wants, with the rights of whoever looks at it. */
function isFromAnotherPage(method: string, { origin, host }: IncomingMessage['headers']): boolean {
  return method !== 'GET' && method !== 'HEAD' && origin !== undefined && origin.replace(/^https?:\/\//, '') !== host
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(bytes.toString())
  } catch (error) {
    throw new Refused(registryRefusal(400, `The body is not JSON: ${(error as Error).message}`))
  }
}
