import { parseArgs } from 'node:util'
import { type Config, readConfig } from '../server/config.ts'
import { environmentName, flagName, SETTINGS } from '../server/settings.ts'

/** Reads the flags that `serve` and `ready` share; null if only help was asked for. */
export function readFlags(args: string[]): Config | null {
  const options: Record<string, { type: 'string' | 'boolean'; multiple?: boolean; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    config: { type: 'string', short: 'c' },
    listen: { type: 'string', multiple: true },
    advertise: { type: 'string', multiple: true },
  }
  for (const setting of SETTINGS)
    options[flagName(setting.key)] = { type: setting.type === 'boolean' ? 'boolean' : 'string' }
  const isSwitch = (name: string) => options[name]?.type === 'boolean'
  const spelled = args.map((arg) => spellSwitch(arg, isSwitch))
  const { values } = parseArgs({ args: spelled, options, allowNegative: true } as Parameters<typeof parseArgs>[0])
  if (values.help === true) return null
  const { config, listen, advertise, ...flags } = values
  return readConfig({
    file: (config as string | undefined) ?? process.env.POSTHORN_CONFIG ?? null,
    environment: process.env,
    flags,
    listen: (listen as string[] | undefined) ?? [],
    advertise: (advertise as string[] | undefined) ?? [],
  })
}

/** `--name=false` is another way to write `--no-name`. */
function spellSwitch(arg: string, isSwitch: (name: string) => boolean): string {
  const [, name, value] = /^--(.+)=(true|false)$/.exec(arg) ?? []
  if (name === undefined || !isSwitch(name)) return arg
  return value === 'true' ? `--${name}` : `--no-${name}`
}

/** The flags as text, for --help. */
export function describeFlags(): string {
  const lines = [
    row('--config FILE', 'A JSON file with settings (POSTHORN_CONFIG).'),
    row(
      '--listen [NAME=]PROTOCOL://HOST:PORT',
      'Where to listen, protocol amqp, kafka or http (the schema registry), with an s at the end for TLS; may be repeated; port 0 is any free one (POSTHORN_LISTEN, with commas).',
    ),
    row('--advertise NAME=HOST:PORT', 'What clients of that listener are told to connect to (POSTHORN_ADVERTISE).'),
  ]
  for (const setting of SETTINGS) {
    const flag =
      setting.type === 'boolean'
        ? `--[no-]${flagName(setting.key)}`
        : `--${flagName(setting.key)} ${setting.type.toUpperCase()}`
    lines.push(row(flag, `${setting.about} Default ${setting.default} (${environmentName(setting.key)}).`))
  }
  return `${lines.join('\n')}\n`
}

function row(flag: string, about: string): string {
  return `  ${flag}\n      ${about}`
}
