import { pino } from 'pino'

/** Where the server tells what happens: an object with the facts, and a sentence. */
export interface Log {
  error(facts: object, text: string): void
  warn(facts: object, text: string): void
  info(facts: object, text: string): void
  debug(facts: object, text: string): void
}

type Level = keyof Log

const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug']

/** Structured lines on standard error: JSON for machines, or a line a person can read. */
export function openLog(level: Level, format: 'json' | 'text'): Log {
  return format === 'json' ? jsonLog(level) : textLog(level)
}

function jsonLog(level: Level): Log {
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(
    { ...options, formatters: { level: (label: string) => ({ level: label }) } },
    pino.destination({ fd: 2, sync: true }),
  )
}

function textLog(level: Level): Log {
  const least = LEVELS.indexOf(level)
  const write = (at: Level) => (facts: object, text: string) => {
    if (LEVELS.indexOf(at) > least) return
    const told = Object.entries(facts).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    process.stderr.write(
      `${new Date().toISOString()} ${at.padEnd(5)} ${text}${told.length > 0 ? `  ${told.join(' ')}` : ''}\n`,
    )
  }
  return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') }
}
