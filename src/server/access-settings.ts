import type { Setting } from './setting.ts'

/** TLS: a part of the table of settings. */
export const ACCESS_SETTINGS = [
  {
    key: 'tls.certificate',
    type: 'string',
    default: '',
    about: 'PEM file with the certificate that TLS listeners show, and those between it and its root.',
  },
  { key: 'tls.key', type: 'string', default: '', about: 'PEM file with its key.' },
  { key: 'tls.passphrase', type: 'string', default: '', about: 'What an encrypted key is opened with.' },
  {
    key: 'tls.ca',
    type: 'string',
    default: '',
    about: "PEM file with the authorities that may have signed clients' certificates.",
  },
  {
    key: 'tls.clientAuth',
    type: 'choice',
    default: 'none',
    values: ['none', 'request', 'required'],
    about:
      'Whether TLS listeners ask clients for a certificate; a listener may say otherwise (`kafkas://…?clientAuth=required`).',
  },
  {
    key: 'tls.minVersion',
    type: 'choice',
    default: 'TLSv1.2',
    values: ['TLSv1.2', 'TLSv1.3'],
    about: 'The oldest version of TLS that is spoken.',
  },
] as const satisfies readonly Setting[]
