import type { TLSSocket } from 'node:tls'

/** Who a client says it is, by a certificate that one of our authorities has signed. */
export interface PeerCertificate {
  /** As RFC 2253 writes it, last part first: `CN=orders,OU=shop,O=Example`. */
  readonly distinguishedName: string
  /** The last common name, null if there is none. */
  readonly commonName: string | null
}

/** The keywords of RFC 2253; other attributes go by their number there, with their value as bytes. */
const KEYWORDS = ['CN', 'C', 'O', 'OU', 'L', 'ST', 'STREET', 'DC', 'UID']
/** Attributes without a keyword that are met in practice: all are IA5 strings. */
const NUMBERS: Readonly<Record<string, string>> = { emailAddress: '1.2.840.113549.1.9.1' }
const IA5_STRING = 0x16

/** The certificate that the client gave and that was verified; null if there is none. */
export function peerCertificateOf(socket: TLSSocket): PeerCertificate | null {
  if (!socket.authorized) return null
  // The runtime gives no certificate for a resumed connection of an old protocol version: then there is nobody to name.
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? null : namesOf(certificate.subject)
}

/** Reads the runtime's form of a name: `O=Example\nOU=shop\nCN=orders`, values escaped as RFC 2253 says. */
export function namesOf(subject: string): PeerCertificate {
  const parts = subject.split('\n').filter((part) => part !== '')
  const common = parts.flatMap((part) => part.split(' + ')).filter((one) => one.startsWith('CN='))
  return {
    distinguishedName: parts
      .reverse()
      .map((part) => part.split(' + ').map(attribute).join('+'))
      .join(','),
    commonName: common.length === 0 ? null : common[common.length - 1].slice('CN='.length),
  }
}

function attribute(text: string): string {
  const at = text.indexOf('=')
  const [name, value] = [text.slice(0, at), text.slice(at + 1)]
  if (KEYWORDS.includes(name)) return text
  const number = NUMBERS[name]
  if (number === undefined) return text
  const bytes = Buffer.from(value)
  return `${number}=#${Buffer.from([IA5_STRING, bytes.length, ...bytes]).toString('hex')}`
}
