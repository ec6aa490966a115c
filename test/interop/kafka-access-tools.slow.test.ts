import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { BUILD, missing, PEERS, run, succeed } from './script.ts'
import { type SecureBroker, startSecureBroker } from './secure-broker.ts'
import { controlled, fresh, targetOf } from './target.ts'

const control = process.env.POSTHORN_CONTROL_KAFKA !== undefined
const skip = controlled && !control ? targetOf('kafka').skip : false
const script = join(PEERS, 'kafka.sh')
const noScript = missing(script, 'set POSTHORN_SHARED', existsSync(script))
const noMaven = missing('Maven', 'install maven and a JRE', spawnSync('mvn', ['-v']).status === 0)

suite("Kafka's own tools for access", { skip: skip || noScript || noMaven, timeout: 400_000 }, () => {
  let broker: SecureBroker
  let bin: string

  before(async () => {
    const env = { PEERS: process.env.PEERS ?? join(BUILD, 'peers') }
    bin = join((await succeed('bash', [script, 'bin'], { env, timeoutMs: 280_000 })).trim().split('\n').at(-1)!, 'bin')
    broker = await startSecureBroker(control)
  })
  after(() => broker?.stop())

  const tool = (name: string, ...args: string[]) =>
    succeed(join(bin, `kafka-${name}.sh`), ['--bootstrap-server', broker.addresses.PLAINTEXT, ...args], {
      timeoutMs: 90_000,
    })

  test('kafka-configs sets a SCRAM password, kafka-acls lets the user produce, and nothing else', async () => {
    const [topic, user] = [fresh('tools'), fresh('user')]
    await tool(
      'configs',
      '--alter',
      '--entity-type',
      'users',
      '--entity-name',
      user,
      '--add-config',
      'SCRAM-SHA-512=[iterations=4096,password=secret]',
    )
    const told = await tool('configs', '--describe', '--entity-type', 'users', '--entity-name', user)
    assert.match(
      told,
      new RegExp(`SCRAM credential configs for user-principal '${user}' are SCRAM-SHA-512=iterations=4096`),
    )
    const added = await tool('acls', '--add', '--allow-principal', `User:${user}`, '--producer', '--topic', topic)
    assert.match(added, /operation=WRITE, permissionType=ALLOW/)
    await tool('topics', '--create', '--topic', topic)

    const config = join(dirname(broker.ca), `${user}.properties`)
    const trust = `ssl.truststore.type=PEM\nssl.truststore.location=${broker.ca}\n`
    const login = 'org.apache.kafka.common.security.scram.ScramLoginModule'
    const sasl = `sasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config=${login} required username="${user}" password="secret";\n`
    writeFileSync(config, `security.protocol=SASL_SSL\n${trust}${sasl}`)
    const as = (name: string, flag: string, args: string[], input = '') =>
      run(join(bin, `kafka-${name}.sh`), ['--bootstrap-server', broker.addresses.SASL_SSL, flag, config, ...args], {
        input,
        timeoutMs: 60_000,
      })
    const produced = await as('console-producer', '--command-config', ['--topic', topic], 'one\ntwo\n')
    assert.equal(produced.code, 0, produced.err)
    assert.doesNotMatch(produced.err, /ERROR/)
    const limits = ['--from-beginning', '--max-messages', '2', '--timeout-ms', '15000']
    const consumed = await as('console-consumer', '--command-config', ['--topic', topic, ...limits])
    assert.match(consumed.err, /GroupAuthorizationException|TopicAuthorizationException/)
    assert.doesNotMatch(consumed.out, /one/)

    const listed = await tool('acls', '--list', '--topic', topic)
    assert.match(listed, new RegExp(`principal=User:${user}, host=\\*, operation=WRITE, permissionType=ALLOW`))
    await tool('acls', '--remove', '--force', '--topic', topic)
    assert.doesNotMatch(await tool('acls', '--list', '--topic', topic), /principal=/)
  })

  test('kafka-configs sets quotas, tells them, and takes them away', async () => {
    const user = fresh('user')
    const entity = ['--entity-type', 'users', '--entity-name', user, '--entity-type', 'clients', '--entity-default']
    const describe = () => tool('configs', '--describe', ...entity)
    await tool('configs', '--alter', ...entity, '--add-config', 'producer_byte_rate=1024,request_percentage=12.5')
    const told = await describe()
    assert.match(told, /producer_byte_rate=1024/)
    assert.match(told, /request_percentage=12\.5/)
    await tool('configs', '--alter', ...entity, '--delete-config', 'producer_byte_rate,request_percentage')
    assert.doesNotMatch(await describe(), /byte_rate/)
  })
})
