/** Operations of Kafka's access control by number; a set of them on the wire is an int32 of bits. */
const Operation = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

function bits(...operations: (keyof typeof Operation)[]): number {
  return operations.reduce((set, name) => set | (1 << Operation[name]), 0)
}

/** What is answered to a client that did not ask. */
export const UNASKED = -0x80000000

/** Everybody may do everything: there is no authorizer. */
export const TOPIC_OPERATIONS = bits(
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'describeConfigs',
  'alterConfigs',
)
export const CLUSTER_OPERATIONS = bits(
  'create',
  'clusterAction',
  'describeConfigs',
  'alterConfigs',
  'idempotentWrite',
  'alter',
  'describe',
)
export const GROUP_OPERATIONS = bits('read', 'describe', 'delete', 'describeConfigs', 'alterConfigs')
