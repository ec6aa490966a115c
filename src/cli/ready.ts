import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ListenAddress } from '../server/listen-address.ts'
import { describeFlags, readFlags } from './flags.ts'

/** A broker that does not answer for so long is not ready. */
const PATIENCE_MS = 3000

/** Asks every listener for the first answer of its protocol: AMQP's connection.start, Kafka's ApiVersions, anything of HTTP. */
export async function run(args: string[]): Promise<number> {
  const config = readFlags(args)
  if (config === null) {
    process.stdout.write(`usage: posthorn ready [OPTION ...]\n\nTakes the options of serve.\n\n${describeFlags()}`)
    return 0
  }
  const answers = await Promise.all(config.listeners.map(ask))
  for (const { listener, problem } of answers) {
    const { name, host, port } = listener
    process.stdout.write(`${name} ${host}:${port} ${problem ?? 'ready'}\n`)
  }
  return answers.every(({ problem, listener }) => problem === null || listener.spare) ? 0 : 1
}

const GREETINGS = {
  amqp: Buffer.from('AMQP\0\0\x09\x01', 'latin1'),
  // Size, ApiVersions (18) version 0, correlation id 1, no client id.
  kafka: Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]),
  http: Buffer.from('GET / HTTP/1.1\r\nHost: posthorn\r\nConnection: close\r\n\r\n'),
} as const

function ask(listener: ListenAddress): Promise<{ listener: ListenAddress; problem: string | null }> {
  const { protocol, port } = listener
  const host = listener.host === '0.0.0.0' ? '127.0.0.1' : listener.host === '::' ? '::1' : listener.host
  return new Promise((resolve) => {
    // Whose certificate it is does not matter: who asks is the operator.
    const socket = listener.tls
      ? connectTls({ host, port, timeout: PATIENCE_MS, rejectUnauthorized: false })
      : connect({ host, port, timeout: PATIENCE_MS })
    const end = (problem: string | null) => {
      socket.destroy()
      resolve({ listener, problem })
    }
    socket.on(listener.tls ? 'secureConnect' : 'connect', () => socket.write(GREETINGS[protocol]))
    socket.on('data', (bytes) => end(isAnswer(protocol, bytes) ? null : 'answers in another protocol'))
    // Where clients need a certificate, which we don't have, that is the answer.
    socket.on('error', (error) => end(wantsCertificate(error) ? null : `does not answer: ${error.message}`))
    socket.on('timeout', () => end(`does not answer within ${PATIENCE_MS} ms`))
    socket.on('close', () => end('closes the connection'))
  })
}

function wantsCertificate(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'
}

/** A method frame with connection.start; a response of correlation id 1 without error; a status line. */
function isAnswer(protocol: ListenAddress['protocol'], bytes: Buffer): boolean {
  if (protocol === 'amqp') return bytes[0] === 1 && bytes.subarray(7, 11).equals(Buffer.from([0, 10, 0, 10]))
  if (protocol === 'http') return bytes.toString('latin1').startsWith('HTTP/1.1 ')
  return bytes.length >= 10 && bytes.readInt32BE(4) === 1 && bytes.readInt16BE(8) === 0
}
