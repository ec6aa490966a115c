import { existsSync, realpathSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { NodeDisk } from '../env/node-disk.ts'
import { LockedError, socketPath } from '../env/node-lock.ts'
import { readConfig } from '../server/config.ts'
import { ConfigError } from '../server/config-error.ts'
import type { Answer, Arguments } from '../server/control/command.ts'
import { dispatch } from '../server/control/dispatch.ts'
import { CONTROL_SOCKET } from '../server/control/socket.ts'
import type { Log } from '../server/log.ts'
import { openData } from '../server/open-data.ts'
import { StoreError } from '../store/errors.ts'
import { readFormat } from '../store/format-version.ts'

/** A command that does nothing but damage is worth saying something about. */
const QUIET: Log = {
  error: (facts, text) => process.stderr.write(`posthorn: ${text} ${JSON.stringify(facts)}\n`),
  warn: () => {},
  info: () => {},
  debug: () => {},
}

/** Asks the broker that has the data directory; where none has, the directory is opened for this one command. */
export async function ask(data: string, command: string, args: Arguments): Promise<Answer> {
  if (!existsSync(join(data, 'VERSION'))) throw new ConfigError(`there is no broker's data in ${data}`)
  const directory = realpathSync(data)
  const answer = await askBroker(socketPath(directory, CONTROL_SOCKET), command, args)
  if (answer !== null) return answer
  try {
    return await askDirectory(directory, command, args)
  } catch (error) {
    if (error instanceof StoreError || error instanceof LockedError) throw new ConfigError(error.message)
    throw error
  }
}

/** Null if nobody listens. */
function askBroker(path: string, command: string, args: Arguments): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let text = ''
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`${JSON.stringify({ command, args })}\n`))
    socket.on('data', (part: string) => {
      text += part
      if (!text.endsWith('\n')) return
      socket.destroy()
      resolve(JSON.parse(text) as Answer)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null)
      else reject(new ConfigError(`the broker's control socket can't be used: ${error.message}`))
    })
    socket.on('close', () => reject(new ConfigError('the broker closed the connection without an answer')))
  })
}

async function askDirectory(directory: string, command: string, args: Arguments): Promise<Answer> {
  // A block of the journal has to fit the ring.
  const { blockSize } = readFormat(new NodeDisk(directory))
  const flags = { data: directory, 'journal-ring': String(Math.max(blockSize, LEAST_RING)) }
  const config = readConfig({ file: null, environment: {}, flags, listen: [], advertise: [] })
  const opened = await openData(directory, config, QUIET)
  const answer = await new Promise<Answer>((done) => dispatch(opened.broker, command, { ...args, directory }, done))
  await new Promise<void>((done) => opened.close(done))
  return answer
}

const LEAST_RING = 32 * 2 ** 20
