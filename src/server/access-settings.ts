import type { Setting } from './setting.ts'

/** TLS, and who may do what over Kafka's protocol: a part of the table of settings. */
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
  {
    key: 'kafka.sasl.mechanisms',
    type: 'string',
    default: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    about:
      'What clients may log in with on Kafka listeners with `?sasl`: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.',
  },
  {
    key: 'kafka.sasl.maxReauth',
    type: 'duration',
    default: 0,
    min: 0,
    about:
      'How long a login is good for before the client has to log in again (`connections.max.reauth.ms`); 0 is for ever.',
  },
  {
    key: 'kafka.sasl.failureDelay',
    type: 'duration',
    default: 100,
    min: 0,
    max: 60_000,
    about: 'How long a failed login waits for its answer (`connection.failed.authentication.delay.ms`).',
  },
  {
    key: 'kafka.oauth.jwks',
    type: 'string',
    default: '',
    about: 'File or URL of the JSON Web Key Set that signs the tokens of OAUTHBEARER. http:// is for loopback only.',
  },
  { key: 'kafka.oauth.issuer', type: 'string', default: '', about: 'The `iss` that a token must have.' },
  { key: 'kafka.oauth.audience', type: 'string', default: '', about: 'The `aud` that a token must have.' },
  { key: 'kafka.oauth.principalClaim', type: 'string', default: 'sub', about: "The claim that is the user's name." },
  {
    key: 'kafka.ssl.principalMappingRules',
    type: 'string',
    default: 'DEFAULT',
    about:
      "How the name in a client's certificate becomes a user (`ssl.principal.mapping.rules`); by default the whole distinguished name.",
  },
  {
    key: 'kafka.authorizer',
    type: 'boolean',
    default: false,
    about: 'Asks the ACLs before anything is done for a Kafka client.',
  },
  {
    key: 'kafka.superUsers',
    type: 'string',
    default: '',
    about: 'Who may do everything whatever the ACLs say: `User:admin;User:operator`.',
  },
  {
    key: 'kafka.allowEveryoneIfNoAclFound',
    type: 'boolean',
    default: false,
    about: 'Where no ACL names a resource, everybody may use it; otherwise nobody but super users.',
  },
] as const satisfies readonly Setting[]
