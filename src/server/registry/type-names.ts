/** A schema that another one is made of. */
export interface Other {
  readonly name: string
  readonly schema: unknown
}

/** Names of types, each given to one thing only. */
export class TypeNames {
  private readonly given = new Map<string, string>()
  private readonly used = new Set<string>()

  /** The name of what is known by `key`; made of `wanted` at the first time. */
  of(key: string, wanted: string): string {
    const known = this.given.get(key)
    if (known !== undefined) return known
    const words = wanted.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
    const joined = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('') || 'Schema'
    const base = /^\d/.test(joined) ? `_${joined}` : joined
    let name = base
    for (let n = 2; this.used.has(name); n++) name = `${base}${n}`
    this.used.add(name)
    this.given.set(key, name)
    return name
  }
}

/** A property's name as TypeScript wants it. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

/** A comment above something; nothing if there is nothing to say. */
export function comment(text: unknown, indent: string): string {
  if (typeof text !== 'string' || text.trim() === '') return ''
  const lines = text.trim().replaceAll('*/', '*\\/').split('\n')
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}

/** Alternatives, each once; one in brackets where that is needed to tell them apart. */
export function union(types: readonly string[]): string {
  const all = [...new Set(types)]
  return all.length === 0 ? 'never' : all.join(' | ')
}

export function listOf(type: string): string {
  return /^[\w.$]+$/.test(type) ? `${type}[]` : `(${type})[]`
}
