import type { IncomingMessage } from 'node:http'

/** The longest body of a request. */
export const LONGEST_BODY = 4 * 2 ** 20

/** Bytes of bodies that are on their way in, on all connections together. */
export class BodyBudget {
  private readonly most: number
  private used = 0

  constructor(most: number) {
    this.most = most
  }

  /** Takes that much; false if there is not so much left. Who is alone gets it in any case. */
  take(bytes: number): boolean {
    if (this.used > 0 && this.used + bytes > this.most) return false
    this.used += bytes
    return true
  }

  give(bytes: number): void {
    this.used -= bytes
  }
}

type Body = { readonly bytes: Buffer } | { readonly status: 413 | 503 }

/** Reads a request's body; `done` is called once, and not at all if the client goes first. */
export function readBody(request: IncomingMessage, budget: BodyBudget, done: (body: Body) => void): void {
  const parts: Buffer[] = []
  let length = 0
  let over = false
  const end = (body: Body) => {
    if (over) return
    over = true
    done(body)
  }
  if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY) {
    end({ status: 413 })
    return
  }
  request.on('data', (part: Buffer) => {
    if (over) return
    if (length + part.length > LONGEST_BODY) end({ status: 413 })
    else if (!budget.take(part.length)) end({ status: 503 })
    else {
      length += part.length
      parts.push(part)
    }
  })
  request.on('end', () => end({ bytes: Buffer.concat(parts) }))
  request.on('close', () => budget.give(length))
}
