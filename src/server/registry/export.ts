import type { Broker } from '../../broker/broker.ts'
import type { Json } from '../../core/policy/parameters.ts'
import { shownVersion } from '../../http/registry/shown.ts'
import type { Answer, Arguments } from '../control/command.ts'

/** Tells files of this kind from others. */
export const EXPORT_FORMAT = 'posthorn-schemas-1'

/** Everything in the registry: what GET /schemas gives of every version, and all settings. */
export function exportAll(
  { subjects: { registry } }: Broker,
  _args: Arguments,
  answer: (answer: Answer) => void,
): void {
  const schemas = [...registry.subjects()]
    .flatMap((subject) => [...subject.all()])
    // Whoever is referred to comes before who refers to him.
    .sort((a, b) => a.entry.id - b.entry.id || a.time - b.time || a.version - b.version)
    .map((version) => ({ ...shownVersion(version, true), ts: version.time }))
  const scopes = (entries: Iterable<[string, unknown]>) => [...entries].map(([subject, value]) => ({ subject, value }))
  const result = {
    format: EXPORT_FORMAT,
    schemas,
    configs: scopes(registry.settings.allConfigs()),
    modes: scopes(registry.settings.allModes()),
  }
  answer({ ok: true, result: result as unknown as Json })
}
