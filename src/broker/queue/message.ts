/** A message as it lies in the publisher's bytes; one object per channel, filled anew for each message. */
export interface Message {
  bytes: Uint8Array
  /** Exchange and routing key, as two short strings. */
  keysAt: number
  keysLength: number
  /** 0xCE, header frame, body frames: what follows in a delivery. */
  contentAt: number
  contentLength: number
  /** Delivery mode 2: survives a restart in durable queues. */
  persistent: boolean
  /** The instant from the message's own expiration, 0 without one. */
  expiry: number
  /** -1 if it names none. */
  priority: number
}
