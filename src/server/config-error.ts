/** What the operator wrote can't be used; the message names the key, the value and where it stands. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}
