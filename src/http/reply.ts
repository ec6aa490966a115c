import type { ServerResponse } from 'node:http'

/** What Confluent's clients ask for, the best first; other clients get what they ask for among them. */
export const MEDIA_TYPES = [
  'application/vnd.schemaregistry.v1+json',
  'application/vnd.schemaregistry+json',
  'application/json',
] as const

/** The media type to answer in; null if the client wants none of ours. */
export function mediaTypeFor(accept: string | undefined): string | null {
  if (accept === undefined || accept.trim() === '') return MEDIA_TYPES[0]
  let best: string | null = null
  let weight = 0
  for (const item of accept.toLowerCase().split(',')) {
    const [type, ...options] = item.split(';').map((part) => part.trim())
    const quality = Number(options.find((one) => one.startsWith('q='))?.slice(2) ?? 1)
    const ours = MEDIA_TYPES.find((one) => one === type || type === '*/*' || type === 'application/*')
    if (ours === undefined || !(quality > weight)) continue
    best = ours
    weight = quality
  }
  return best
}

/** Whether a body of that type may be JSON. */
export function isReadable(contentType: string | undefined): boolean {
  if (contentType === undefined) return true
  const type = contentType.split(';')[0]!.trim().toLowerCase()
  return type === 'application/octet-stream' || MEDIA_TYPES.some((one) => one === type)
}

/** Bytes that a client has to take from time to time. */
const PIECE = 64 * 1024

export function send(response: ServerResponse, status: number, mediaType: string, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, { 'content-type': mediaType, 'content-length': body.length })
  // In pieces, so that one can see a slow client take them.
  for (let at = 0; at < body.length; at += PIECE) response.write(body.subarray(at, at + PIECE))
  response.end()
}

/** An error in the form that Confluent's clients read. */
export function sendError(
  response: ServerResponse,
  status: number,
  mediaType: string,
  message: string,
  code = status,
): void {
  send(response, status, mediaType, { error_code: code, message })
}
