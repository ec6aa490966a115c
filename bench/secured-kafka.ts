import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Authority } from '../test/certificates.ts'
import { ended, firstRoundTrip, type Running, run } from './broker.ts'

const CLUSTER = 'AAAAAAAAQAaAAAAAAAAAAQ'
const STOP_MS = 30_000

/** A real Kafka with a listener for TLS and SCRAM-SHA-256 beside the plain one, from the jars that `kafka.sh fetch` brought. */
export async function startSecuredKafka(home: string, port: number): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-bench-kafka-'))
  const authority = new Authority()
  const { certificate, key } = authority.sign('/CN=localhost')
  const store = join(folder, 'server.pem')
  writeFileSync(store, readFileSync(key, 'latin1') + readFileSync(certificate, 'latin1'))
  const ports = { kafka: port, kafkas: port + 2, controller: port + 1 }
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, propertiesOf(ports, folder, store).join('\n'))
  const java = ['-Xms512M', '-Xmx1500M', '-XX:+UseG1GC', '-cp', join(home, 'lib', '*')]
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER, '-c', properties])
  const began = performance.now()
  const child = spawn('java', [...java, 'kafka.Kafka', properties], { stdio: 'ignore' })
  const died = ended(child).then(() => {
    throw new Error(`Kafka ended with ${child.exitCode ?? child.signalCode}`)
  })
  died.catch(() => {})
  const stop = async () => {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended(child)
    clearTimeout(late)
    rmSync(folder, { recursive: true, force: true })
    authority.remove()
  }
  try {
    await firstRoundTrip('kafka', port, died)
  } catch (error) {
    await stop()
    throw error
  }
  const startMs = performance.now() - began
  const address = (protocol: string) => ({ host: '127.0.0.1', port: protocol === 'kafkas' ? ports.kafkas : port })
  return { pid: child.pid ?? 0, startMs, address, stop }
}

function propertiesOf(
  ports: { readonly kafka: number; readonly kafkas: number; readonly controller: number },
  folder: string,
  store: string,
): string[] {
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  const listeners = `PLAINTEXT://127.0.0.1:${ports.kafka},SASL_SSL://127.0.0.1:${ports.kafkas}`
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${ports.controller}`,
    `listeners=${listeners},CONTROLLER://127.0.0.1:${ports.controller}`,
    `advertised.listeners=${listeners}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${folder}/data`,
    'offsets.topic.replication.factor=1',
    'sasl.enabled.mechanisms=SCRAM-SHA-256',
    `listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=${login} required;`,
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${store}`,
    '',
  ]
}
