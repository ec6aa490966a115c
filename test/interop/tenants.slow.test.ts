import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Channel, type ChannelModel, connect } from 'amqplib'
import { type Admin, commandLine, managementApi } from './admin.ts'
import { type BrokerProcess, startBroker } from './broker-process.ts'
import { playPython } from './python.ts'
import { missingPython } from './script.ts'
import { fresh, targetOf } from './target.ts'
import { about, PASSWORD, tenant } from './tenants.ts'

const { skip, target } = targetOf('amqp')
const named = process.env.POSTHORN_CONTROL_AMQP?.split(':')

/** Why the broker closed, or refused. */
async function refusal(act: () => Promise<unknown>): Promise<string> {
  try {
    await act()
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was refused'
}

suite('users, vhosts, permissions and policies', { skip, timeout: 60_000 }, () => {
  const vhost = fresh('tenant')
  const wanted = tenant(vhost)
  const open: ChannelModel[] = []
  let broker: BrokerProcess | null = null
  let admin: Admin
  let address: { hostname: string; port: number }

  before(async () => {
    if (named === undefined) {
      broker = await startBroker()
      admin = commandLine(broker.directory)
      address = { hostname: '127.0.0.1', port: broker.amqpPort }
    } else {
      address = { hostname: named[0]!, port: Number(named[1]) }
      admin = managementApi(address.hostname, address.port)
    }
    await admin.load(wanted)
  })
  after(async () => {
    for (const one of open) await one.close().catch(() => {})
    await admin.deleteVHost(vhost).catch(() => {})
    for (const user of [wanted.owner, wanted.reader]) await admin.deleteUser(user).catch(() => {})
    await broker?.stop()
  })

  const log = async (username: string, password = PASSWORD, name = vhost) => {
    const model = await connect({ protocol: 'amqp', ...address, username, password, vhost: name })
    model.on('error', () => {})
    open.push(model)
    return model
  }
  /** What happens on a channel of its own. */
  const refused = async (model: ChannelModel, act: (channel: Channel) => Promise<unknown>) => {
    const channel = await model.createChannel()
    const closed = new Promise<Error>((resolve) => channel.once('error', resolve))
    return refusal(async () => {
      await Promise.race([act(channel), closed.then((error) => Promise.reject(error))])
      throw await closed
    })
  }

  test('what a definitions file says is there, and is exported as it was', async () => {
    assert.deepEqual(about(vhost, await admin.export()), about(vhost, wanted))
  })

  test('a user logs in by the hash of its password, and by nothing else', async () => {
    await log(wanted.owner)
    const login =
      'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.'
    assert.ok((await refusal(() => log(wanted.owner, 'wrong'))).includes(login))
    assert.ok((await refusal(() => log('nobody', 'wrong'))).includes(login))
  })

  test('a vhost that is not there, or that is somebody else’s, is refused', async () => {
    // amqplib does not tell why; pika, below, does.
    for (const name of ['nowhere', '/']) {
      assert.notEqual(await refusal(() => log(wanted.owner, PASSWORD, name)), 'nothing was refused')
    }
  })

  test('what a user may not do is refused, with what it is about', async () => {
    const { reader } = wanted
    const model = await log(reader)
    const says = async (act: (channel: Channel) => Promise<unknown>, words: string) => {
      const text = await refused(model, act)
      assert.ok(text.includes(`ACCESS_REFUSED - ${words} in vhost '${vhost}' refused for user '${reader}'`), text)
    }
    await says((channel) => channel.assertQueue('orders.new'), "configure access to queue 'orders.new'")
    await says((channel) => channel.consume('dead', () => {}), "read access to queue 'dead'")
    await says(async (channel) => channel.publish('', 'x', Buffer.from('x')), "write access to exchange 'amq.default'")
    await says(
      async (channel) => channel.publish('orders', 'us.x', Buffer.from('x')),
      "write access to topic 'us.x' in exchange 'orders'",
    )
    await says(
      (channel) => channel.bindQueue('orders.all', 'orders', 'us.#'),
      "read access to topic 'us.#' in exchange 'orders'",
    )
    const channel = await model.createChannel()
    channel.publish('orders', `eu.${reader}.1`, Buffer.from('may'))
    assert.equal((await channel.checkQueue('orders.all')).queue, 'orders.all')
  })

  test('a user opens no more channels than its limit', async () => {
    const model = await log(wanted.reader)
    const closed = new Promise<Error>((resolve) => model.once('error', resolve))
    const told = `number of channels opened for user '${wanted.reader}' has reached the maximum allowed user limit of 3`
    let count = 0
    const opening = (async () => {
      for (; count < 200; count++) await model.createChannel()
    })().catch(() => {})
    assert.ok((await closed).message.includes(told))
    await opening
    // A real one counts a moment later.
    if (!target().control) assert.ok(count <= 3, `${count} were opened`)
  })

  test('policies of both kinds count for what is in a queue', async () => {
    const channel = await (await log(wanted.owner)).createConfirmChannel()
    await channel.purgeQueue('orders.late')
    await channel.purgeQueue('dead')
    for (let i = 0; i < 7; i++) channel.publish('', 'orders.late', Buffer.from(`${i}`))
    await channel.waitForConfirms()
    const counts = async () =>
      Promise.all(['orders.late', 'dead'].map(async (name) => (await channel.checkQueue(name)).messageCount))
    let [kept, dead] = await counts()
    // A dead letter is on its way for a moment.
    for (let n = 0; n < 100 && dead! < 4; n++) [kept, dead] = await counts()
    assert.deepEqual([kept, dead], [3, 4])
  })

  test('a vhost has no more queues than its limit', async () => {
    const model = await log(wanted.owner)
    const channel = await model.createChannel()
    for (const name of ['a', 'b', 'c']) await channel.assertQueue(name)
    const text = await refused(model, (other) => other.assertQueue('d'))
    assert.ok(
      text.includes(`PRECONDITION_FAILED - cannot declare queue 'd': queue limit in vhost '${vhost}' (6) is reached`),
      text,
    )
    for (const name of ['a', 'b', 'c']) await channel.deleteQueue(name)
  })

  test('pika logs in and is refused', { skip: missingPython() }, () => {
    const { hostname: host, port } = address
    return playPython('pika_tenants.py', `${vhost} ${wanted.owner} ${wanted.reader}`, {
      host,
      port,
    })
  })

  test('what goes to a real RabbitMQ from here is the same there', { skip: named === undefined }, async () => {
    const ours = await startBroker()
    const other = `${vhost}.back`
    try {
      const line = commandLine(ours.directory)
      await line.load(tenant(other))
      const exported = await line.export()
      // The broker's own vhost and user are the real one's business.
      const mine = Object.fromEntries(
        Object.entries(exported).map(([key, value]) => [key, about(other, exported)[key] ?? value]),
      )
      await admin.load({ ...mine, global_parameters: [] })
      assert.deepEqual(about(other, await admin.export()), about(other, exported))
      await log(`${other}.owner`, PASSWORD, other)
    } finally {
      await admin.deleteVHost(other).catch(() => {})
      for (const user of ['owner', 'reader']) await admin.deleteUser(`${other}.${user}`).catch(() => {})
      await ours.stop()
    }
  })

  test('with a new secret it is looked at again what the user may do', async () => {
    const user = wanted.reader
    const model = await log(user)
    await admin.load({ permissions: [{ user, vhost, configure: '', write: '', read: '' }] })
    await model.updateSecret(Buffer.from(PASSWORD), 'it is time')
    const publish = async (channel: Channel) => {
      channel.publish('orders', `eu.${user}.x`, Buffer.alloc(0))
    }
    const what = `write access to exchange 'orders' in vhost '${vhost}' refused for user '${user}'`
    assert.ok((await refused(model, publish)).includes(what))
    await admin.clearPermissions(user, vhost)
    const closed = new Promise<Error>((resolve) => model.once('error', resolve))
    void model.updateSecret(Buffer.from(PASSWORD), 'it is time')
    const { message } = await closed
    assert.ok(message.includes(`NOT_ALLOWED - access to vhost '${vhost}' refused for user '${user}'`), message)
    await admin.load({ permissions: wanted.permissions })
  })

  test('who is connected has to go when the user is deleted, or the vhost', async () => {
    const gone = async (username: string, act: () => Promise<void>) => {
      const model = await log(username)
      // To amqplib an operator's will is no error.
      const closed = new Promise<Error>((resolve) => model.once('close', resolve))
      await act()
      return (await closed).message
    }
    const user = await gone(wanted.reader, () => admin.deleteUser(wanted.reader))
    assert.ok(user.includes(`CONNECTION_FORCED - user '${wanted.reader}' is deleted`), user)
    const tenancy = await gone(wanted.owner, () => admin.deleteVHost(vhost))
    // A real one may first hear that the vhost has been stopped.
    const words = target().control ? ['deleted', 'down'] : ['deleted']
    const isTold = words.some((word) => tenancy.includes(`CONNECTION_FORCED - vhost '${vhost}' is ${word}`))
    assert.ok(isTold, tenancy)
  })
})
