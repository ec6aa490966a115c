import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Authority, type Certificate } from '../certificates.ts'
import { gather, startBroker, waitForEnd } from './broker-process.ts'
import { BUILD, PEERS, succeed } from './script.ts'

/** A broker with an authorizer that clients reach in every way, ours or a real Kafka with the same settings. Who comes in plain is a super user. */
export interface SecureBroker {
  /** `host:port` by Kafka's name for the way in. */
  readonly addresses: Readonly<Record<'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL', string>>
  /** Whose certificate clients have to trust. */
  readonly ca: string
  /** Of `User:orders`. */
  readonly client: Certificate
  /** A token of `User:token-user`. */
  token(): Promise<string>
  stop(): Promise<void>
}

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'kafka'
/** Takes the common name of whoever is of the shop. */
const RULES = 'RULE:^CN=(.*?),OU=shop.*$/$1/L,DEFAULT'
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']
const START_MS = 60_000

export async function startSecureBroker(control: boolean): Promise<SecureBroker> {
  const authority = new Authority()
  const server = authority.sign('/CN=localhost')
  const client = authority.sign('/C=DE/O=Example/OU=shop/CN=Orders')
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwks = join(authority.folder, 'jwks.json')
  writeFileSync(
    jwks,
    JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] }),
  )
  const files = { server, ca: authority.ca, jwks }
  const { addresses, stop } = control ? await startKafka(files) : await startOurs(files)
  return {
    addresses,
    ca: authority.ca,
    client,
    token: () =>
      new SignJWT({ sub: 'token-user', iss: ISSUER, aud: AUDIENCE })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuedAt()
        .setExpirationTime('10m')
        .sign(privateKey),
    stop: async () => {
      await stop()
      authority.remove()
    },
  }
}

interface Files {
  readonly server: Certificate
  readonly ca: string
  readonly jwks: string
}

type Started = Pick<SecureBroker, 'addresses' | 'stop'>

async function startOurs({ server, ca, jwks }: Files): Promise<Started> {
  const [sasl, ssl, saslSsl] = await freePorts(3)
  const listen = [
    `sasl=kafka://127.0.0.1:${sasl}?sasl`,
    `ssl=kafkas://127.0.0.1:${ssl}?clientAuth=required`,
    `saslssl=kafkas://127.0.0.1:${saslSsl}?sasl`,
  ]
  const settings = {
    'tls-certificate': server.certificate,
    'tls-key': server.key,
    'tls-ca': ca,
    'kafka-sasl-mechanisms': MECHANISMS.join(','),
    'kafka-oauth-jwks': jwks,
    'kafka-oauth-audience': AUDIENCE,
    'kafka-oauth-issuer': ISSUER,
    'kafka-ssl-principal-mapping-rules': RULES,
    'kafka-super-users': 'User:ANONYMOUS',
  }
  const broker = await startBroker({
    args: [
      ...listen.flatMap((one) => ['--listen', one]),
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      '--kafka-authorizer',
    ],
  })
  return {
    addresses: {
      PLAINTEXT: `127.0.0.1:${broker.kafkaPort}`,
      SASL_PLAINTEXT: `127.0.0.1:${sasl}`,
      SSL: `127.0.0.1:${ssl}`,
      SASL_SSL: `127.0.0.1:${saslSsl}`,
    },
    stop: () => broker.stop(),
  }
}

async function startKafka({ server, ca, jwks }: Files): Promise<Started> {
  const env = { PEERS: process.env.PEERS ?? join(BUILD, 'peers') }
  const fetched = await succeed('bash', [join(PEERS, 'kafka.sh'), 'fetch'], { env, timeoutMs: 280_000 })
  const classPath = `${fetched.trim().split('\n').at(-1)}/*`
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-secure-kafka-'))
  const [controller, ...ports] = (await freePorts(5)) as [number, number, number, number, number]
  const names = ['PLAINTEXT', 'SASL_PLAINTEXT', 'SSL', 'SASL_SSL'] as const
  const keyStore = join(folder, 'server.pem')
  await succeed('bash', ['-c', `cat "${server.key}" "${server.certificate}" > "${keyStore}"`])
  const told = names.map((name, at) => `${name}://127.0.0.1:${ports[at]}`).join(',')
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, propertiesOf({ controller, told, folder, keyStore, ca, jwks }).join('\n'))
  const java = ['-XX:TieredStopAtLevel=1', '-Xmx1G', `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file:${jwks}`]
  const storage = [...java, '-cp', classPath, 'kafka.tools.StorageTool']
  await succeed('java', [...storage, 'format', '-t', 'AAAAAAAAQAaAAAAAAAAAAQ', '-c', properties], {
    timeoutMs: START_MS,
  })
  const child = spawn('java', [...java, '-cp', classPath, 'kafka.Kafka', properties], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = gather(child)
  await reachable(ports[3]!).catch((error: Error) => {
    child.kill('SIGKILL')
    throw new Error(`${error.message}\n${said.out.text()}${said.err.text()}`)
  })
  return {
    addresses: Object.fromEntries(
      names.map((name, at) => [name, `127.0.0.1:${ports[at]}`]),
    ) as SecureBroker['addresses'],
    stop: async () => {
      child.kill('SIGTERM')
      await waitForEnd(child, START_MS)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface KafkaFiles {
  readonly controller: number
  readonly told: string
  readonly folder: string
  readonly keyStore: string
  readonly ca: string
  readonly jwks: string
}

function propertiesOf({ controller, told, folder, keyStore, ca, jwks }: KafkaFiles): string[] {
  const security = 'org.apache.kafka.common.security'
  const sasl = ['sasl_plaintext', 'sasl_ssl'].flatMap((name) => [
    `listener.name.${name}.plain.sasl.jaas.config=${security}.plain.PlainLoginModule required user_guest="guest";`,
    `listener.name.${name}.scram-sha-256.sasl.jaas.config=${security}.scram.ScramLoginModule required;`,
    `listener.name.${name}.scram-sha-512.sasl.jaas.config=${security}.scram.ScramLoginModule required;`,
    `listener.name.${name}.oauthbearer.sasl.jaas.config=${security}.oauthbearer.OAuthBearerLoginModule required;`,
    `listener.name.${name}.oauthbearer.sasl.server.callback.handler.class=${security}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
  ])
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=${told},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=${told}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${folder}/data`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=5',
    'group.initial.rebalance.delay.ms=0',
    `sasl.enabled.mechanisms=${MECHANISMS.join(',')}`,
    ...sasl,
    `sasl.oauthbearer.jwks.endpoint.url=file:${jwks}`,
    `sasl.oauthbearer.expected.audience=${AUDIENCE}`,
    `sasl.oauthbearer.expected.issuer=${ISSUER}`,
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${keyStore}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${ca}`,
    'listener.name.ssl.ssl.client.auth=required',
    `listener.name.ssl.ssl.principal.mapping.rules=${RULES}`,
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS',
    '',
  ]
}

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}

async function reachable(port: number): Promise<void> {
  const deadline = Date.now() + START_MS
  const reached = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('close', () => socket.destroy())
      socket.unref()
    })
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error(`nobody listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
