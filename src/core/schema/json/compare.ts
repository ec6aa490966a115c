import { Findings } from '../findings.ts'
import type { Incompatibility, Sides } from '../incompatibility.ts'
import { isList, isObject, sameJson, step } from '../json-text.ts'
import { checkArray } from './check-array.ts'
import { checkObject } from './check-object.ts'
import { checkValue } from './check-value.ts'
import { type Comparison, fits, note } from './comparison.ts'
import { ARRAY, bitsOf, Facts, isNever, OBJECT, type Sum, target, typesOf } from './facts.ts'
import { isAny, type JsonNode } from './node.ts'

/**
 * What keeps a reader with one JSON Schema from reading what was written with another: what the writer's lets through and the reader's does not, by
 * the rules that Confluent documents for open, closed and partially open content models.
 */
export function compareJsonSchemas(
  reader: JsonNode,
  writer: JsonNode,
  lenient: boolean,
  sides: Sides,
): Incompatibility[] {
  const findings = new Findings()
  return findings.of(() => new SchemaComparison(findings, sides, lenient).compare(reader, [writer], '#'))
}

class SchemaComparison implements Comparison {
  readonly findings: Findings
  readonly sides: Sides
  readonly lenient: boolean
  private readonly facts = new Facts()

  constructor(findings: Findings, sides: Sides, lenient: boolean) {
    this.findings = findings
    this.sides = sides
    this.lenient = lenient
  }

  compare(reader: JsonNode, writers: readonly JsonNode[], path: string): boolean {
    const wanted = target(reader)
    if (isAny(wanted)) return false
    const facts = this.facts.expand(writers)
    if (isNever(facts)) return false
    if (wanted.always === false) return note(this, 'TYPE_CHANGED', path)
    return this.findings.within(() =>
      this.findings.once(wanted, this.facts.key(facts), () => this.tryAll(wanted, facts, path)),
    )
  }

  /** As the writer's schema is; and if that does not fit, with each of its alternatives. */
  private tryAll(reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
    if (!this.findings.silently(() => this.check(reader, facts, path))) return false
    const sums = this.facts.sumsOf(facts)
    for (const sum of sums) {
      // What fits one of several need not fit one alone.
      if (reader.oneOf.length > 1 && !sum.only) continue
      if (!this.findings.silently(() => this.eachBranch(reader, facts, sum, path))) return false
    }
    const [first] = sums
    // The reader's own alternatives have their own words for it.
    if (first !== undefined && reader.anyOf.length + reader.oneOf.length === 0)
      return this.eachBranch(reader, facts, first, path)
    return this.check(reader, facts, path)
  }

  private eachBranch(reader: JsonNode, facts: readonly JsonNode[], sum: Sum, path: string): boolean {
    let bad = false
    for (const branch of sum.branches) if (this.compare(reader, this.facts.choose(facts, sum, branch), path)) bad = true
    return bad
  }

  private check(reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
    // What is of another type needs no further word.
    if (this.checkTypes(reader, facts, path)) return true
    const types = typesOf(facts)
    let bad = checkValue(this, reader, facts, path)
    if ((types & ARRAY) !== 0 && checkArray(this, reader, facts, path)) bad = true
    if ((types & OBJECT) !== 0 && checkObject(this, reader, facts, path)) bad = true
    if (this.checkProduct(reader, facts, path)) bad = true
    if (this.checkSum(reader.anyOf, false, facts, `${path}/anyOf`)) bad = true
    if (this.checkSum(reader.oneOf, true, facts, `${path}/oneOf`)) bad = true
    if (this.checkNot(reader, facts, path)) bad = true
    if (this.checkCondition(reader, facts, path)) bad = true
    return this.checkOthers(reader, facts, path) || bad
  }

  private checkTypes(reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
    if (reader.types === null) return false
    const wanted = bitsOf(reader.types)
    const given = typesOf(facts)
    if ((given & ~wanted) === 0) return false
    return note(this, (given & wanted) === 0 ? 'TYPE_CHANGED' : 'TYPE_NARROWED', path, reader.types.join(', '))
  }

  /** `allOf`, and what `$ref` leads to beside other keywords: all of them hold. */
  private checkProduct(reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
    let bad = false
    if (reader.ref !== null && this.compare(reader.ref, facts, path)) bad = true
    const most = Math.max(0, ...facts.map(membersOf))
    for (const [index, part] of reader.allOf.entries()) {
      const at = `${path}/allOf${step(index)}`
      if (fits(this, part, facts)) continue
      bad = reader.allOf.length > most ? note(this, 'PRODUCT_TYPE_EXTENDED', at) : this.compare(part, facts, at)
    }
    return bad
  }

  /** `anyOf` and `oneOf`: what is written has to fit one. That it fits no second is not asked, as in Confluent's registry. */
  private checkSum(branches: readonly JsonNode[], only: boolean, facts: readonly JsonNode[], path: string): boolean {
    if (branches.length === 0 || branches.some((branch) => fits(this, branch, facts))) return false
    const sums = this.facts.sumsOf(facts)
    for (const sum of sums) {
      if (only && !sum.only && branches.length > 1) return note(this, 'COMBINED_TYPE_CHANGED', path)
      if (this.eachFitsOne(branches, facts, sum)) return false
    }
    if (this.eachFitsOne(branches, facts, this.facts.byType(facts))) return false
    const [first] = sums
    if (first === undefined) return note(this, 'TYPE_CHANGED', path)
    return note(
      this,
      branches.length < first.branches.length ? 'SUM_TYPE_NARROWED' : 'COMBINED_TYPE_SUBSCHEMAS_CHANGED',
      path,
    )
  }

  private eachFitsOne(branches: readonly JsonNode[], facts: readonly JsonNode[], sum: Sum): boolean {
    return sum.branches.every((given) => {
      const chosen = this.facts.choose(facts, sum, given)
      return branches.some((branch) => fits(this, branch, chosen))
    })
  }

  private checkNot(reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
    const { not } = reader
    if (not === null) return false
    const shut = target(not)
    if (shut.types !== null && (bitsOf(shut.types) & typesOf(facts)) === 0) return false
    const given = facts.flatMap((fact) => (fact.not === null ? [] : [fact.not]))
    if (given.some((other) => fits(this, other, [not]))) return false
    return note(this, given.length === 0 ? 'NOT_TYPE_ADDED' : 'NOT_TYPE_NARROWED', `${path}/not`)
  }

  private checkCondition(reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
    if (reader.if === null || (reader.thenSchema === null && reader.elseSchema === null)) return false
    const condition = reader.if.json
    const same = facts.find((fact) => fact.if !== null && sameJson(fact.if.json, condition))
    let bad = false
    for (const key of ['then', 'else'] as const) {
      const wanted = reader[`${key}Schema`]
      const given = same?.[`${key}Schema`] ?? null
      if (wanted === null) continue
      if (same !== undefined) {
        if (this.compare(wanted, given === null ? facts : [...facts, given], path + step(key))) bad = true
      } else if (!fits(this, wanted, facts)) {
        const changed = facts.some((fact) => fact.if !== null)
        return note(this, changed ? 'CONDITION_CHANGED' : 'CONDITION_ADDED', `${path}/if`)
      }
    }
    return bad
  }

  private checkOthers(reader: JsonNode, facts: readonly JsonNode[], path: string): boolean {
    let bad = false
    for (const [key, value] of reader.others) {
      if (value === true || facts.some((fact) => sameJson(fact.others.get(key), value))) continue
      const kind = key === 'unevaluatedItems' ? 'UNEVALUATED_ITEMS' : 'UNEVALUATED_PROPERTIES'
      bad = note(this, `${kind}_${facts.some((fact) => fact.others.has(key)) ? 'CHANGED' : 'ADDED'}`, path + step(key))
    }
    return bad
  }
}

/** How many schemas stand in the `allOf` that a fact was made of. */
function membersOf(fact: JsonNode): number {
  const { json } = fact
  return isObject(json) && isList(json.allOf) ? json.allOf.length : 0
}
