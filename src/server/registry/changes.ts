type Value = unknown
type Fields = Readonly<Record<string, Value>>

/** Values longer than this are cut short. */
const LONGEST = 100
/** Changes that are told: nobody reads more. */
const MOST = 200

/** What differs between two schemas, a line each: what is named, such as a field, is known by its name wherever it stands. */
export function changesBetween(older: Value, newer: Value): string[] {
  const changes: string[] = []
  compare('', older, newer, changes)
  return changes.length > MOST ? [...changes.slice(0, MOST), `and ${changes.length - MOST} more`] : changes
}

function compare(path: string, older: Value, newer: Value, changes: string[]): void {
  if (JSON.stringify(older) === JSON.stringify(newer)) return
  const [before, after] = [partsOf(older), partsOf(newer)]
  if (before === null || after === null || Array.isArray(older) !== Array.isArray(newer)) {
    changes.push(`${path === '' ? 'the whole schema' : path} changed from ${shown(older)} to ${shown(newer)}`)
    return
  }
  for (const [key, value] of before) {
    const at = `${path}/${key}`
    if (after.has(key)) compare(at, value, after.get(key), changes)
    else changes.push(`${at} is gone; it was ${shown(value)}`)
  }
  for (const [key, value] of after) if (!before.has(key)) changes.push(`${path}/${key} is new: ${shown(value)}`)
}

/** An object's or list's parts by name; null if it has none. */
function partsOf(value: Value): Map<string, Value> | null {
  if (typeof value !== 'object' || value === null) return null
  if (!Array.isArray(value)) return new Map(Object.entries(value))
  return new Map(value.map((item, i) => [nameOf(item) ?? String(i), item]))
}

/** Members of unions, enums and lists of required names are known by themselves. */
function nameOf(item: Value): string | null {
  if (typeof item === 'string') return item
  const name = typeof item === 'object' && item !== null ? (item as Fields).name : undefined
  return typeof name === 'string' ? name : null
}

function shown(value: Value): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}
