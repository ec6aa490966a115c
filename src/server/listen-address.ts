import { isIP } from 'node:net'
import { ConfigError } from './config-error.ts'

export const PROTOCOLS = ['amqp', 'kafka'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** Where clients of a protocol are taken. */
export interface ListenAddress {
  /** What `--advertise` and the logs call it; the protocol's name unless another is given. */
  readonly name: string
  readonly protocol: Protocol
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** What clients are told to connect to; null for the address that they used. */
  readonly advertised: { readonly host: string; readonly port: number } | null
}

/** Reads `[name=]protocol://host:port`. */
export function readListener(text: string, origin: string): ListenAddress {
  const match = /^(?:([A-Za-z0-9_.-]+)=)?([a-z]+):\/\/(\[[^\]]+\]|[^:/]+):(\d+)$/.exec(text)
  if (match === null)
    throw new ConfigError(
      `${origin}: '${text}' is not a listener: write [name=]amqp://host:port or [name=]kafka://host:port`,
    )
  const protocol = PROTOCOLS.find((known) => known === match[2])
  if (protocol === undefined)
    throw new ConfigError(
      `${origin}: '${text}' has the unknown protocol '${match[2]}': known are ${PROTOCOLS.join(', ')}`,
    )
  return {
    name: match[1] ?? protocol,
    protocol,
    host: bare(match[3]),
    port: readPort(match[4], text, origin),
    advertised: null,
  }
}

/** Reads `[name=]host:port`: what clients of that listener are told. */
export function readAdvertised(text: string, origin: string): { name: string; host: string; port: number } {
  const match = /^([A-Za-z0-9_.-]+)=(\[[^\]]+\]|[^:/]+):(\d+)$/.exec(text)
  if (match === null)
    throw new ConfigError(
      `${origin}: '${text}' is not an advertised address: write name=host:port, name being a listener's`,
    )
  return { name: match[1], host: bare(match[2]), port: readPort(match[3], text, origin) }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function readPort(text: string, whole: string, origin: string): number {
  const port = Number(text)
  if (port > 65535) throw new ConfigError(`${origin}: '${whole}' has port ${text}; ports end at 65535`)
  return port
}

function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
