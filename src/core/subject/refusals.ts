/** Why a request to the registry is not done: the HTTP status, Confluent's error code, and a text for people. */
export interface RegistryRefusal {
  readonly refused: true
  readonly status: number
  readonly code: number
  readonly message: string
}

/** The status is the first three digits of the code. */
export function registryRefusal(code: number, message: string): RegistryRefusal {
  return { refused: true, status: code > 999 ? Math.floor(code / 100) : code, code, message }
}

export function isRefused(value: unknown): value is RegistryRefusal {
  return typeof value === 'object' && value !== null && 'refused' in value
}

/** Every refusal of the registry that has a code of its own. */
export const REFUSALS = {
  subjectNotFound: (subject: string) => registryRefusal(40401, `Subject '${subject}' not found.`),
  versionNotFound: (version: number | string) => registryRefusal(40402, `Version ${version} not found.`),
  schemaNotFound: () => registryRefusal(40403, 'Schema not found'),
  idNotFound: (id: number | string) => registryRefusal(40403, `Schema ${id} not found`),
  subjectSoftDeleted: (subject: string) =>
    registryRefusal(40404, `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`),
  subjectNotSoftDeleted: (subject: string) =>
    registryRefusal(40405, `Subject '${subject}' was not deleted first before being permanently deleted`),
  versionSoftDeleted: (subject: string, version: number) =>
    registryRefusal(
      40406,
      `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
    ),
  versionNotSoftDeleted: (subject: string, version: number) =>
    registryRefusal(
      40407,
      `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
    ),
  noOwnLevel: (subject: string) =>
    registryRefusal(40408, `Subject '${subject}' does not have subject-level compatibility configured`),
  noOwnMode: (subject: string) =>
    registryRefusal(40409, `Subject '${subject}' does not have subject-level mode configured`),
  incompatible: (subject: string, details: readonly string[]) =>
    registryRefusal(
      409,
      `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${details.join(', ')}]`,
    ),
  invalidSchema: (details: string) => registryRefusal(42201, `Invalid schema: ${details}`),
  unknownType: (type: string) => registryRefusal(42201, `Invalid schema type ${type}: known are AVRO and JSON`),
  noProtobuf: () =>
    registryRefusal(
      42201,
      'Invalid schema type PROTOBUF: Protobuf is not supported by this registry, only AVRO and JSON',
    ),
  invalidVersion: (version: string) =>
    registryRefusal(
      42202,
      `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
    ),
  invalidLevel: () =>
    registryRefusal(
      42203,
      'Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive',
    ),
  invalidMode: () =>
    registryRefusal(42204, 'Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, and IMPORT'),
  notPermitted: (why: string) => registryRefusal(42205, why),
  referenced: (subject: string, version: number) =>
    registryRefusal(
      42206,
      `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
    ),
  idTaken: (id: number) => registryRefusal(42207, `Overwrite new schema with id ${id} is not permitted.`),
  invalidSubject: (subject: string) =>
    registryRefusal(42208, `The specified subject '${subject}' is not a valid subject.`),
  tooLarge: (length: number, most: number) =>
    registryRefusal(42209, `The schema is too large: it has ${length} bytes, and may have ${most}`),
} as const
