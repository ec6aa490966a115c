import { isIP } from 'node:net'
import type { ClientAuth } from '../env/tls-identity.ts'
import { ConfigError } from './config-error.ts'

export const PROTOCOLS = ['amqp', 'kafka', 'http'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** What a listener is written with: the protocol, and whether it is encrypted. */
const SCHEMES: Readonly<Record<string, { protocol: Protocol; tls: boolean }>> = {
  amqp: { protocol: 'amqp', tls: false },
  amqps: { protocol: 'amqp', tls: true },
  kafka: { protocol: 'kafka', tls: false },
  kafkas: { protocol: 'kafka', tls: true },
  http: { protocol: 'http', tls: false },
  https: { protocol: 'http', tls: true },
}
const CLIENT_AUTH: readonly ClientAuth[] = ['none', 'request', 'required']

/** Where clients of a protocol are taken. */
export interface ListenAddress {
  /** What `--advertise` and the logs call it; the protocol's name unless another is given. */
  readonly name: string
  readonly protocol: Protocol
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  readonly tls: boolean
  /** Whether clients are asked for a certificate; null for what the settings say. */
  readonly clientAuth: ClientAuth | null
  /** What Kafka clients have to log in with; an empty list for what the settings say, null if they need not. */
  readonly sasl: readonly string[] | null
  /** Whether HTTP clients have to log in. */
  readonly basic: boolean
  /** It was not asked for by name: where its port is taken, the broker serves without it. */
  readonly spare: boolean
  /** What clients are told to connect to; null for the address that they used. */
  readonly advertised: { readonly host: string; readonly port: number } | null
}

/** Reads `[name=]protocol://host:port[?sasl[=A+B]][&basic][&clientAuth=required]`. */
export function readListener(text: string, origin: string): ListenAddress {
  const match = /^(?:([A-Za-z0-9_.-]+)=)?([a-z]+):\/\/(\[[^\]]+\]|[^:/]+):(\d+)(?:\?(.*))?$/.exec(text)
  if (match === null)
    throw new ConfigError(
      `${origin}: '${text}' is not a listener: write [name=]amqp://host:port, [name=]kafka://host:port or [name=]http://host:port`,
    )
  const [, name, scheme, host, port, options] = match
  if (!Object.hasOwn(SCHEMES, scheme))
    throw new ConfigError(
      `${origin}: '${text}' has the unknown protocol '${scheme}': known are ${Object.keys(SCHEMES).join(', ')}`,
    )
  return {
    name: name ?? scheme,
    ...SCHEMES[scheme],
    host: bare(host),
    port: readPort(port, text, origin),
    ...readOptions(options ?? '', SCHEMES[scheme], (what) => new ConfigError(`${origin}: '${text}' ${what}`)),
    spare: false,
    advertised: null,
  }
}

function readOptions(
  text: string,
  scheme: { protocol: Protocol; tls: boolean },
  wrong: (what: string) => ConfigError,
): Pick<ListenAddress, 'clientAuth' | 'sasl' | 'basic'> {
  let clientAuth: ClientAuth | null = null
  let sasl: string[] | null = null
  let basic = false
  for (const option of text === '' ? [] : text.split('&')) {
    const [key, value = ''] = option.split('=')
    if (key === 'sasl') {
      if (scheme.protocol !== 'kafka')
        throw wrong('has sasl, which is for kafka: AMQP clients always log in, HTTP clients with basic')
      sasl = value === '' ? [] : value.toUpperCase().split('+')
    } else if (key === 'basic') {
      if (scheme.protocol !== 'http') throw wrong('has basic, which is for http')
      basic = true
    } else if (key === 'clientAuth') {
      const known = CLIENT_AUTH.find((one) => one === value)
      if (known === undefined) throw wrong(`must have clientAuth=${CLIENT_AUTH.join(', ')}`)
      if (!scheme.tls) throw wrong('has clientAuth, and is not encrypted')
      clientAuth = known
    } else throw wrong(`has the unknown option '${key}': known are sasl, basic and clientAuth`)
  }
  return { clientAuth, sasl, basic }
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
