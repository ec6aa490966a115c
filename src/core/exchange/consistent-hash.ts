import type { Table } from '../../wire/amqp/field.ts'
import type { Binding } from './binding.ts'
import type { Bindings, MessageHeaders, RoutingProperty } from './bindings.ts'
import type { Destination } from './destination.ts'
import { hashOf, jumpHash } from './hash.ts'
import type { ExchangeKind } from './kind.ts'
import { type ExchangeProblem, fault } from './problem.ts'

const HEADER = 'hash-header'
const PROPERTY = 'hash-property'
const PROPERTIES: readonly string[] = ['correlation_id', 'message_id', 'timestamp']
const HEAVIEST = 10_000

/** Each message goes to one destination, chosen by a hash; a binding's key says how large its share is. */
export const CONSISTENT_HASH: ExchangeKind = {
  make: (args) => new ConsistentHashBindings(args),
  check: checkArguments,
  checkBinding: ({ key }) => checkWeight(key),
}

function checkArguments(args: Table): ExchangeProblem | null {
  const header = args.get(HEADER)
  const property = args.get(PROPERTY)
  for (const field of [header, property]) {
    if (field !== undefined && field.type !== 'S') return { problem: 'unusable-argument' }
  }
  if (header !== undefined && property !== undefined) return { problem: 'two-hashes' }
  if (property === undefined || PROPERTIES.some((one) => one === property.value)) return null
  return fault('unknown-hash-property', property)
}

function checkWeight(key: string): ExchangeProblem | null {
  if (!/^[+-]?\d+$/.test(key)) return { problem: 'weight-not-a-number', key }
  const weight = Number(key)
  if (weight < 1) return { problem: 'weight-too-small' }
  return weight > HEAVIEST ? { problem: 'weight-too-large', most: HEAVIEST } : null
}

interface Share {
  readonly binding: Binding
  readonly weight: number
}

/**
 * The destinations divide the buckets among them, in the order of their bindings' ids, which outlast a restart. Of several bindings to one
 * destination the oldest counts, as in RabbitMQ.
 */
export class ConsistentHashBindings implements Bindings {
  readonly keys = 'first'
  readonly varies = false
  private readonly header: string | null
  private readonly property: RoutingProperty | null
  private readonly shares: Share[] = []
  /** Where the buckets of each share end. */
  private readonly ends: number[] = []
  private readonly byDestination = new Map<Destination, Binding[]>()

  constructor(args: Table) {
    this.header = textOf(args, HEADER)
    this.property = textOf(args, PROPERTY) as RoutingProperty | null
  }

  bind(binding: Binding): void {
    const others = this.byDestination.get(binding.destination)
    if (others !== undefined) {
      others.push(binding)
      return
    }
    this.byDestination.set(binding.destination, [binding])
    this.add(binding)
  }

  unbind(binding: Binding): void {
    const all = this.byDestination.get(binding.destination)
    const at = all?.indexOf(binding) ?? -1
    if (all === undefined || at < 0) return
    all.splice(at, 1)
    if (all.length === 0) this.byDestination.delete(binding.destination)
    if (at > 0) return
    this.take(binding)
    if (all.length > 0) this.add(all[0]!)
  }

  route(key: string, headers: MessageHeaders, out: Destination[]): void {
    const { shares, ends } = this
    if (shares.length === 0) return
    const bucket = jumpHash(hashOf(this.hashed(key, headers)), ends.at(-1)!)
    let low = 0
    let high = ends.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ends[middle]! > bucket) high = middle
      else low = middle + 1
    }
    out.push(shares[low]!.binding.destination)
  }

  /** What is hashed. Messages without the header or the property all go the same way. */
  private hashed(key: string, headers: MessageHeaders): string {
    if (this.header !== null) {
      const value = headers.header(this.header)?.value
      return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
    }
    return this.property === null ? key : String(headers.property(this.property))
  }

  private add(binding: Binding): void {
    const { shares } = this
    let at = shares.length
    while (at > 0 && shares[at - 1]!.binding.id > binding.id) at--
    shares.splice(at, 0, { binding, weight: Number(binding.key) })
    this.count(at)
  }

  private take(binding: Binding): void {
    const at = this.shares.findIndex((share) => share.binding === binding)
    this.shares.splice(at, 1)
    this.count(at)
  }

  private count(from: number): void {
    const { shares, ends } = this
    ends.length = shares.length
    for (let i = from; i < shares.length; i++) ends[i] = (i === 0 ? 0 : ends[i - 1]!) + shares[i]!.weight
  }
}

function textOf(args: Table, name: string): string | null {
  const value = args.get(name)?.value
  return typeof value === 'string' ? value : null
}
