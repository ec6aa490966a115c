import type { ClientAuth } from '../env/tls-identity.ts'
import { TlsIdentity } from '../env/tls-identity.ts'
import { ConfigError } from './config-error.ts'
import { isLoopback, type ListenAddress } from './listen-address.ts'

type Values = Readonly<Record<string, string | number | boolean>>

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const

/** The listener with what the settings say where it says nothing itself. */
export function withAccess(listener: ListenAddress, values: Values): ListenAddress {
  const { name, tls, sasl } = listener
  const wrong = (what: string) => new ConfigError(`the listener '${name}' ${what}`)
  const clientAuth = tls ? (listener.clientAuth ?? (values['tls.clientAuth'] as ClientAuth)) : 'none'
  if (tls && (values['tls.certificate'] === '' || values['tls.key'] === ''))
    throw wrong('is encrypted: that takes a certificate and its key (tls.certificate, tls.key)')
  if (clientAuth !== 'none' && values['tls.ca'] === '')
    throw wrong("asks for clients' certificates: that takes the authorities that sign them (tls.ca)")
  const mechanisms = sasl?.length === 0 ? mechanismsOf(String(values['kafka.sasl.mechanisms'])) : sasl
  for (const mechanism of mechanisms ?? []) {
    if (!SASL_MECHANISMS.some((known) => known === mechanism))
      throw wrong(`has the unknown SASL mechanism '${mechanism}': known are ${SASL_MECHANISMS.join(', ')}`)
    if (mechanism === 'OAUTHBEARER' && values['kafka.oauth.jwks'] === '')
      throw wrong('takes OAUTHBEARER: that needs the keys that sign tokens (kafka.oauth.jwks)')
  }
  return { ...listener, clientAuth, sasl: mechanisms }
}

function mechanismsOf(text: string): string[] {
  return text.split(',').map((one) => one.trim().toUpperCase())
}

/** @throws ConfigError for a listener beyond loopback that is not encrypted, or asks nobody who he is. */
export function refuseOpen(listeners: readonly ListenAddress[]): void {
  for (const { name, protocol, host, port, tls, clientAuth, sasl, basic } of listeners) {
    if (isLoopback(host)) continue
    const asks = protocol === 'amqp' || sasl !== null || basic || clientAuth === 'required'
    if (tls && asks) continue
    const lacks = tls
      ? `asks nobody who he is: add ?${protocol === 'http' ? 'basic' : 'sasl'} or ?clientAuth=required`
      : `is not encrypted: use ${protocol}s`
    throw new ConfigError(
      `the listener '${name}' on ${host}:${port} can be reached from other machines, and ${lacks}, listen on 127.0.0.1, or allow it with --insecure`,
    )
  }
}

/** What TLS listeners show; null if there are none. @throws ConfigError if it can't be read. */
export function openIdentity(listeners: readonly ListenAddress[], values: Values): TlsIdentity | null {
  if (!listeners.some((one) => one.tls)) return null
  const text = (key: string) => (values[key] === '' ? null : String(values[key]))
  try {
    return new TlsIdentity({
      certificate: String(values['tls.certificate']),
      key: String(values['tls.key']),
      passphrase: text('tls.passphrase'),
      ca: text('tls.ca'),
      minVersion: values['tls.minVersion'] as 'TLSv1.2' | 'TLSv1.3',
    })
  } catch (error) {
    throw new ConfigError(`TLS: ${(error as Error).message}`)
  }
}
