import { type ConfigKeys, ConfigType, checkOf } from './config-key.ts'

const { int, list } = ConfigType
const LABELS = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]

/** The settings of a subscription to clients' metrics. They are kept and told: there is no receiver. */
export const CLIENT_METRICS_CONFIGS: ConfigKeys = {
  'interval.ms': key(int, '300000', 'How often clients send their metrics, in milliseconds.'),
  match: key(list, '', 'Which clients the subscription is for.'),
  metrics: key(list, '', 'Prefixes of the names of the metrics that are wanted.'),
}

function key(type: number, value: string, about: string) {
  return { type, default: value, brokerKey: null, told: false, check: checkOf(type), about }
}

/** What is wrong with a subscription's settings, and whether that is the request's fault or the value's; or null. */
export function checkClientMetrics(
  configs: ReadonlyMap<string, string>,
): { readonly request: boolean; readonly text: string } | null {
  for (const name of configs.keys()) {
    if (!Object.hasOwn(CLIENT_METRICS_CONFIGS, name)) {
      return { request: true, text: `Unknown client metrics configuration: ${name}` }
    }
  }
  const interval = configs.get('interval.ms')
  if (interval !== undefined) {
    const wrong = checkOf(int)(interval)
    if (wrong !== null) {
      return { request: false, text: `Invalid value ${interval} for configuration interval.ms: ${wrong}` }
    }
    const number = Number(interval)
    if (number < 100 || number > 3_600_000) {
      const text = `Invalid value ${number} for interval.ms, interval must be between 100 and 3600000 (1 hour)`
      return { request: true, text }
    }
  }
  for (const pattern of (configs.get('match') ?? '').split(',').filter((item) => item.trim() !== '')) {
    if (!isPattern(pattern)) return { request: false, text: `Illegal client matching pattern: ${pattern}` }
  }
  return null
}

function isPattern(pattern: string): boolean {
  const [label, value, more] = pattern.split('=')
  if (value === undefined || more !== undefined || !LABELS.includes(label!.trim())) return false
  return !/[()[\]{}*+?\\|^$]/.test(value) || canCompile(value)
}

function canCompile(value: string): boolean {
  try {
    // Compiled to see that it is one, and never run.
    new RegExp(value.trim())
    return true
  } catch {
    return false
  }
}
