/** Where the SDK tells what happens: an object with the facts, and a sentence. pino's loggers fit. */
export interface Logger {
  error(facts: object, text: string): void
  warn(facts: object, text: string): void
  info(facts: object, text: string): void
  debug(facts: object, text: string): void
}

export const silent: Logger = { error() {}, warn() {}, info() {}, debug() {} }
