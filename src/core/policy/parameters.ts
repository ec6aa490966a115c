/** A value somebody else defines: any JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A runtime parameter: what some component is told for one vhost. */
export interface Parameter {
  readonly id: number
  readonly vhost: string
  readonly component: string
  readonly name: string
  readonly value: Json
}

/** A parameter of the broker as a whole. */
export interface GlobalParameter {
  readonly id: number
  readonly name: string
  readonly value: Json
}

/** Policies are parameters of these components, as in RabbitMQ. */
export const POLICY = 'policy'
export const OPERATOR_POLICY = 'operator_policy'
/** Limits of a vhost are the parameter `limits` of this one. */
export const VHOST_LIMITS = 'vhost-limits'

/** Runtime parameters. Each change has an id that grows, so that applying one twice is applying it once. */
export class Parameters {
  /** By vhost, then by component and name. */
  private readonly byVHost = new Map<string, Map<string, Parameter>>()
  private readonly globals = new Map<string, GlobalParameter>()

  get(vhost: string, component: string, name: string): Parameter | undefined {
    return this.byVHost.get(vhost)?.get(key(component, name))
  }

  /** False if what is known is newer. */
  set(parameter: Parameter): boolean {
    const { id, vhost, component, name } = parameter
    const known = this.get(vhost, component, name)
    if (known !== undefined && known.id >= id) return false
    let own = this.byVHost.get(vhost)
    if (own === undefined) this.byVHost.set(vhost, (own = new Map()))
    own.set(key(component, name), parameter)
    return true
  }

  delete(vhost: string, component: string, name: string): boolean {
    return this.byVHost.get(vhost)?.delete(key(component, name)) === true
  }

  /** The vhost is gone. */
  forget(vhost: string): void {
    this.byVHost.delete(vhost)
  }

  /** Those of one component, by name. */
  of(vhost: string, component: string): Parameter[] {
    const own = [...(this.byVHost.get(vhost)?.values() ?? [])].filter((one) => one.component === component)
    return own.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  *all(): Generator<Parameter> {
    for (const own of this.byVHost.values()) yield* own.values()
  }

  global(name: string): GlobalParameter | undefined {
    return this.globals.get(name)
  }

  setGlobal(parameter: GlobalParameter): boolean {
    const known = this.globals.get(parameter.name)
    if (known !== undefined && known.id >= parameter.id) return false
    this.globals.set(parameter.name, parameter)
    return true
  }

  deleteGlobal(name: string): boolean {
    return this.globals.delete(name)
  }

  allGlobals(): IterableIterator<GlobalParameter> {
    return this.globals.values()
  }
}

function key(component: string, name: string): string {
  return `${component}\0${name}`
}
