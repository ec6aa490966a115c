/** What differs from run to run, by what is written instead. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
  // Ids of topics and clusters, and of members of the consumer protocol.
  // Sixteen bytes in base64, whose last letter carries two bits.
  [/(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{21}[AQgw](?![\w-])/g, '<id>'],
  [/\b(TopicId|ClusterId|Cluster ID): +\S+/g, '$1: <id>'],
  [/\b(CONTROLLER|PLAINTEXT):\/\/[^"]*/g, '<address>'],
  [/\bA{22}\b/g, '<id>'],
  [/\bEpoch: \d+/g, 'Epoch: <n>'],
  // The house: where a broker keeps its files, and the rack that it was told it stands in.
  [/"\/[^"]*"|"journal"/g, '"<path>"'],
  [/\bRACK1\b/g, 'null'],
  [/\b1[6-9]\d{11}\b/g, '<ms>'],
  [/\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.:,]\d+)?(Z|\+\d\d:?\d\d)?/g, '<time>'],
]

/** A line of a tool, so that it is the same on every broker that says the same. Columns are as wide as their longest field, and fields may end with blanks. */
export function normalized(line: string, prefix: string, address: string, loose: boolean): string {
  let text = line
    .replaceAll(prefix, '@')
    .replaceAll(address, '@@')
    .replace(new RegExp(address.replace(':', ' +'), 'g'), '@@')
  for (const [varying, instead] of VARYING) text = text.replace(varying, instead)
  if (loose) text = text.replace(/-?\b\d+([.,]\d+)*\b/g, '<n>')
  return text.replace(/-{3,}/g, '---').replace(/\s+/g, ' ').trim()
}
