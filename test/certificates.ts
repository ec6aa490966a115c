import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  /** Paths of PEM files. */
  readonly certificate: string
  readonly key: string
}

/** An authority of our own, and what it signs: made when a test needs it, with the openssl program. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'posthorn-certificates-'))
  readonly ca: string
  private readonly root: Certificate
  private count = 0

  constructor(name = 'Test Authority') {
    this.root = this.make('ca')
    this.openssl('req', '-x509', '-new', '-key', this.root.key, '-subj', `/CN=${name}`, '-days', '2', ...out(this.root))
    this.ca = this.root.certificate
  }

  /** Signs a certificate for `subject`, as openssl writes names: `/O=Example/CN=orders`. It is good for servers on this machine, too. */
  sign(subject: string): Certificate {
    const made = this.make(`${++this.count}`)
    const request = join(this.folder, `${this.count}.csr`)
    const names = join(this.folder, 'names.cnf')
    writeFileSync(names, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    this.openssl('req', '-new', '-utf8', '-key', made.key, '-subj', subject, '-out', request)
    const by = ['-CA', this.ca, '-CAkey', this.root.key, '-CAcreateserial', '-days', '2', '-extfile', names]
    this.openssl('x509', '-req', '-in', request, ...by, ...out(made))
    return made
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }

  private make(name: string): Certificate {
    const made = { certificate: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) }
    this.openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', made.key)
    return made
  }

  private openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' })
  }
}

function out({ certificate }: Certificate): string[] {
  return ['-out', certificate]
}
