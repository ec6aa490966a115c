import { Unfit } from '../json-text.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const MAX_NAME = 1024

/** Whether it is a name without namespace ("Names" in the specification). */
export function isName(text: string): boolean {
  return text.length <= MAX_NAME && NAME.test(text)
}

export function splitName(full: string): { name: string; namespace: string } {
  const dot = full.lastIndexOf('.')
  return { name: full.slice(dot + 1), namespace: dot < 0 ? '' : full.slice(0, dot) }
}

/** The full name that a name means within a namespace. A name with a dot in it is a full name. */
export function fullName(name: string, namespace: string): string {
  if (name.includes('.')) return name.startsWith('.') ? name.slice(1) : name
  return namespace === '' ? name : `${namespace}.${name}`
}

/** The full name, after a look at each of its parts. */
export function checkedName(name: string, namespace: string, path: string): string {
  const full = fullName(name, namespace)
  for (const part of full.split('.')) {
    if (isName(part)) continue
    throw new Unfit(
      `${JSON.stringify(full)} is not a name: each part begins with a letter or _, and goes on with letters, digits or _`,
      path,
    )
  }
  return full
}
