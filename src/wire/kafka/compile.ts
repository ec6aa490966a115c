import type { Codec } from './interpret.ts'
import { type Plan, planOf, readMethod, type Step, writeMethod } from './plan.ts'
import { defaultOf, type Field, isDefault, type Message } from './schema.ts'

/**
 * Turns the table of a message in one version into two straight-line functions. A Produce request of version 9 is then
 * read by what one would have written by hand: one object literal per struct, always of the same shape.
 *
 * Throws where the process was started with code generation switched off (`--disallow-code-generation-from-strings`).
 */
export function compiled(message: Message, version: number): Codec {
  const source = new Source()
  const plan = planOf(message, version)
  const read = source.reader(plan)
  const write = source.writer(plan)
  const body = `'use strict'\n${source.functions.join('\n')}\nreturn { read: ${read}, write: ${write} }`
  return new Function('fields', 'defaultOf', 'isDefault', body)(source.fields, defaultOf, isDefault) as Codec
}

class Source {
  /** The text of the functions written so far, inner ones first. */
  readonly functions: string[] = []
  /** Fields that the text refers to by number. */
  readonly fields: Field[] = []
  private names = 0

  private name(prefix: string): string {
    return `${prefix}${this.names++}`
  }

  /** A field's default as an expression. */
  private default(field: Field): string {
    const value = field.default
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (typeof value === 'string') return JSON.stringify(value)
    if (field.type === 'array') return '[]'
    return `defaultOf(fields[${this.fields.push(field) - 1}])`
  }

  /** Writes the function that reads a struct; returns its name. */
  reader(plan: Plan): string {
    const properties: string[] = []
    for (const { name, field } of plan.missing) properties.push(`${name}: ${this.default(field)}`)
    for (const step of plan.steps) properties.push(`${step.name}: ${this.read(step)}`)
    if (plan.flexible) for (const { name, field } of plan.tagged) properties.push(`${name}: ${this.default(field)}`)
    const lines = [`const o = {\n  ${properties.join(',\n  ')}\n}`]
    if (plan.flexible && plan.tagged.length === 0) lines.push('r.skipTags()')
    if (plan.flexible && plan.tagged.length > 0) {
      lines.push('for (let left = r.uvarint(); left > 0; left--) {')
      lines.push('  const tag = r.uvarint(), size = r.uvarint()\n  let end\n  switch (tag) {')
      for (const step of plan.tagged) {
        const value = this.read(step)
        lines.push(`    case ${step.field.tag}: end = r.enter(size); o.${step.name} = ${value}; r.leave(end); break`)
      }
      lines.push('    default: r.skip(size)\n  }\n}')
    }
    const name = this.name('read')
    this.functions.push(`function ${name}(r) {\n${lines.join('\n')}\nreturn o\n}`)
    return name
  }

  /** The expression that reads one field. */
  private read(step: Step): string {
    if (step.type === 'struct') {
      const inner = `${this.reader(step.inner!)}(r)`
      return step.nullable ? `(r.int8() < 0 ? null : ${inner})` : inner
    }
    if (step.type !== 'array') return `r.${readMethod(step.type, step.compact, step.nullable)}()`
    const element =
      step.inner === null ? `r.${readMethod(step.element!, step.compact, false)}()` : `${this.reader(step.inner)}(r)`
    const name = this.name('readAll')
    const count = `r.${step.compact ? 'compactCount' : 'count'}(${step.nullable})`
    this.functions.push(`function ${name}(r) {
const count = ${count}
if (count < 0) return null
const all = []
for (let i = 0; i < count; i++) all.push(${element})
return all
}`)
    return `${name}(r)`
  }

  /** Writes the function that writes a struct; returns its name. */
  writer(plan: Plan): string {
    const lines = plan.steps.map((step) => this.write(step))
    if (plan.flexible && plan.tagged.length === 0) lines.push('w.int8(0)')
    if (plan.flexible && plan.tagged.length > 0) {
      const there = plan.tagged.map((step, i) => {
        const field = this.fields.push(step.field) - 1
        return `const has${i} = !isDefault(fields[${field}], o.${step.name})`
      })
      lines.push(...there, `w.uvarint(${plan.tagged.map((_, i) => `has${i}`).join(' + ')})`)
      plan.tagged.forEach((step, i) => {
        lines.push(`if (has${i}) w.tagged(${step.field.tag}, () => { ${this.write(step)} })`)
      })
    }
    const name = this.name('write')
    this.functions.push(`function ${name}(w, o) {\n${lines.join('\n')}\n}`)
    return name
  }

  /** The statement that writes one field. */
  private write(step: Step): string {
    const value = `const v = o.${step.name} === undefined ? ${this.default(step.field)} : o.${step.name};`
    if (step.type === 'struct') {
      const inner = `${this.writer(step.inner!)}(w, v)`
      return `{ ${value} ${step.nullable ? `w.int8(v === null ? -1 : 1); if (v !== null) ${inner}` : inner} }`
    }
    if (step.type !== 'array') return `{ ${value} w.${writeMethod(step.type, step.compact)}(v) }`
    const element =
      step.inner === null
        ? `w.${writeMethod(step.element!, step.compact)}(v[i])`
        : `${this.writer(step.inner)}(w, v[i])`
    const count = `w.${step.compact ? 'compactCount' : 'count'}`
    return `{ ${value}
if (v === null) ${count}(-1)
else { ${count}(v.length); for (let i = 0; i < v.length; i++) ${element} } }`
  }
}
