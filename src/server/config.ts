import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'
import { type ListenAddress, readAdvertised, readListener } from './listen-address.ts'
import { refuseOpen, withAccess } from './listener-access.ts'
import type { Setting } from './setting.ts'
import { readValue } from './setting-value.ts'
import { environmentName, flagName, SETTINGS, type SettingKey } from './settings.ts'

/** Everything `posthorn serve` was told, complete and checked. */
export interface Config {
  readonly values: Readonly<Record<SettingKey, string | number | boolean>>
  readonly listeners: readonly ListenAddress[]
}

/** What the three sources say; the flags win over the environment, the environment over the file. */
export interface ConfigSources {
  /** Path of a JSON file, null for none. */
  readonly file: string | null
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly flags: Readonly<Record<string, unknown>>
  readonly listen: readonly string[]
  readonly advertise: readonly string[]
}

const DEFAULT_LISTENERS = ['amqp://127.0.0.1:5672', 'kafka://127.0.0.1:9092', 'http://127.0.0.1:8081']
/** Of these the broker does without if it has to: 8081 is a port that many use. */
const SPARE: readonly string[] = ['http']

/** @throws ConfigError for an unknown key, a wrong value, two listeners of one name, or one beyond loopback without `insecure`. */
export function readConfig(sources: ConfigSources): Config {
  const values: Record<string, string | number | boolean> = {}
  for (const setting of SETTINGS) values[setting.key] = setting.default
  let listen: readonly string[] = DEFAULT_LISTENERS
  let advertise: readonly string[] = []
  let origin = 'default'

  if (sources.file !== null) {
    origin = sources.file
    const file = readFile(sources.file)
    if (file.listen !== null) listen = file.listen
    if (file.advertise !== null) advertise = file.advertise
    for (const [key, given] of file.settings) values[key] = readValue(settingOf(key, origin), given, origin)
  }
  checkEnvironment(sources.environment)
  for (const setting of SETTINGS) {
    const name = environmentName(setting.key)
    const given = sources.environment[name]
    if (given !== undefined) values[setting.key] = readValue(setting, given, name)
    const flag = sources.flags[flagName(setting.key)]
    if (flag !== undefined) values[setting.key] = readValue(setting, flag, `--${flagName(setting.key)}`)
  }
  const { POSTHORN_LISTEN, POSTHORN_ADVERTISE } = sources.environment
  if (POSTHORN_LISTEN !== undefined) [listen, origin] = [POSTHORN_LISTEN.split(','), 'POSTHORN_LISTEN']
  if (POSTHORN_ADVERTISE !== undefined) advertise = POSTHORN_ADVERTISE.split(',')
  if (sources.listen.length > 0) [listen, origin] = [[...sources.listen], '--listen']
  if (sources.advertise.length > 0) advertise = sources.advertise

  for (const key of ['journal.ring', 'journal.file']) {
    if (!Number.isInteger(Math.log2(values[key] as number)))
      throw new ConfigError(`'${key}' must be a power of two, but is ${values[key]}`)
  }
  const listeners = joinListeners(listen, advertise, origin)
    .map((one) => withAccess(one, values))
    .map((one) => ({ ...one, spare: listen === DEFAULT_LISTENERS && SPARE.includes(one.protocol) }))
  if (values.insecure !== true) refuseOpen(listeners)
  return { values: values as Config['values'], listeners }
}

function joinListeners(listen: readonly string[], advertise: readonly string[], origin: string): ListenAddress[] {
  const advertised = advertise.map((text) => readAdvertised(text, 'advertise'))
  const listeners = listen.map((text) => {
    const address = readListener(text.trim(), origin)
    const told = advertised.find((one) => one.name === address.name)
    return told === undefined ? address : { ...address, advertised: { host: told.host, port: told.port } }
  })
  for (const { name } of advertised) {
    if (!listeners.some((one) => one.name === name))
      throw new ConfigError(
        `advertise: there is no listener '${name}'; there are ${listeners.map((one) => one.name).join(', ')}`,
      )
  }
  const names = listeners.map((one) => one.name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    throw new ConfigError(
      `${origin}: two listeners are named '${twice}': give one a name of its own, as in second=${twice}://…`,
    )
  return listeners
}

function settingOf(key: string, origin: string): Setting {
  const setting = SETTINGS.find((one) => one.key === key)
  if (setting !== undefined) return setting
  throw new ConfigError(
    `${origin}: unknown key '${key}'; known are listen, advertise, ${SETTINGS.map((one) => one.key).join(', ')}`,
  )
}

/** A variable that looks like ours and is none is a typing error that would go unnoticed. */
function checkEnvironment(environment: ConfigSources['environment']): void {
  const known = new Set([
    'POSTHORN_LISTEN',
    'POSTHORN_ADVERTISE',
    'POSTHORN_CONFIG',
    ...SETTINGS.map((one) => environmentName(one.key)),
  ])
  for (const name of Object.keys(environment)) {
    if (name.startsWith('POSTHORN_') && !known.has(name) && !OUTSIDE.has(name))
      throw new ConfigError(`unknown environment variable ${name}`)
  }
}

/** Variables of the project's own scripts. */
const OUTSIDE = new Set(['POSTHORN_SHARED', 'POSTHORN_PEERS'])

interface ConfigFile {
  readonly listen: string[] | null
  readonly advertise: string[] | null
  readonly settings: readonly (readonly [string, unknown])[]
}

function readFile(path: string): ConfigFile {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ConfigError(`${path}: can't be read as JSON: ${(error as Error).message}`)
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new ConfigError(`${path}: must hold one JSON object`)
  const { listen, advertise, ...settings } = content as Record<string, unknown>
  return {
    listen: texts(listen, 'listen', path),
    advertise: texts(advertise, 'advertise', path),
    settings: flatten(settings, ''),
  }
}

function texts(given: unknown, key: string, path: string): string[] | null {
  if (given === undefined) return null
  if (Array.isArray(given) && given.every((one) => typeof one === 'string')) return given
  throw new ConfigError(`${path}: '${key}' must be a list of texts, but is ${JSON.stringify(given)}`)
}

/** `{kafka: {numPartitions: 3}}` as `kafka.numPartitions`. */
function flatten(object: object, prefix: string): (readonly [string, unknown])[] {
  return Object.entries(object).flatMap(([name, value]) => {
    if (name === '$schema' && prefix === '') return []
    const key = prefix + name
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? flatten(value, `${key}.`)
      : [[key, value] as const]
  })
}
