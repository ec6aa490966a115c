import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext, type TlsOptions } from 'node:tls'

export type ClientAuth = 'none' | 'request' | 'required'

/** Where a TLS listener's certificate and key are, and what it asks of clients. */
export interface TlsFiles {
  /** PEM: the certificate, and those between it and its root. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
  /** Of an encrypted key; null for none. */
  readonly passphrase: string | null
  /** PEM: who may have signed clients' certificates; null if nobody asks for any. */
  readonly ca: string | null
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

/** How often the files are looked at: by time and size, so that a link that is turned round counts as well. */
const LOOK_MS = 5000

/**
 * The identity that TLS listeners show. It is read again when a file changes or somebody says so; what can't be read or does not
 * fit together leaves the old one in use. Connections that are there keep what they have.
 */
export class TlsIdentity {
  private readonly files: TlsFiles
  private readonly listeners: ((options: TlsOptions) => void)[] = []
  private readonly watched: string[] = []
  private current: TlsOptions

  /** @throws Error if a file can't be read, or key and certificate don't fit together. */
  constructor(files: TlsFiles) {
    this.files = files
    this.current = readFiles(files)
  }

  get options(): TlsOptions {
    return this.current
  }

  /** Calls `changed` with every new identity. */
  onChange(changed: (options: TlsOptions) => void): void {
    this.listeners.push(changed)
  }

  /** Reads the files again; the error, if they can't be used. */
  reload(): Error | null {
    try {
      this.current = readFiles(this.files)
      for (const changed of this.listeners) changed(this.current)
      return null
    } catch (error) {
      return error as Error
    }
  }

  /** Reads the files again whenever one of them has changed, and tells what came of it. */
  watch(reloaded: (error: Error | null) => void, lookMs = LOOK_MS): void {
    const { certificate, key, ca } = this.files
    for (const path of [certificate, key, ...(ca === null ? [] : [ca])]) {
      if (this.watched.includes(path)) continue
      this.watched.push(path)
      watchFile(path, { interval: lookMs, persistent: false }, () => reloaded(this.reload()))
    }
  }

  unwatch(): void {
    for (const path of this.watched.splice(0)) unwatchFile(path)
  }
}

function readFiles(files: TlsFiles): TlsOptions {
  const options: TlsOptions = {
    cert: readFileSync(files.certificate),
    key: readFileSync(files.key),
    minVersion: files.minVersion,
    ...(files.passphrase === null ? {} : { passphrase: files.passphrase }),
    ...(files.ca === null ? {} : { ca: readFileSync(files.ca) }),
  }
  // Throws here, and not at the first connection.
  createSecureContext(options)
  return options
}
