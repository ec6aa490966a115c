import { isUtf8 } from 'node:buffer'

/**
 * Text is UTF-8, but RabbitMQ does not insist on it in properties and in the keys of tables, so neither do we: in text that
 * is not, each byte above 0x7f becomes a lone surrogate, U+DC00 + byte, and back.
 */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)
  return text
}

/** Finds a lone surrogate that `textOf` made. */
export const ESCAPED = /[\udc80-\udcff]/u

/** The bytes of text that has such surrogates. */
export function bytesOfEscaped(text: string): Uint8Array {
  return Uint8Array.from(text.slice(0, 255), (character) => character.charCodeAt(0) & 0xff)
}
