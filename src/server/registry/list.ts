import type { Broker } from '../../broker/broker.ts'
import type { Answer, Arguments } from '../control/command.ts'
import { optional } from '../control/command.ts'

export function list({ subjects: { registry } }: Broker, args: Arguments, answer: (answer: Answer) => void): void {
  const prefix = optional(args, 'prefix') ?? ''
  const rows = [...registry.subjects()]
    .filter(({ name, liveCount }) => name.qualified.startsWith(prefix) && (args.deleted === true || liveCount > 0))
    .sort((a, b) => (a.name.qualified < b.name.qualified ? -1 : 1))
    .map((subject) => {
      const newest = subject.latest() ?? subject.get(subject.highest)!
      const { compatibilityLevel = '' } = registry.settings.effectiveConfig(subject.name)
      return {
        subject: subject.name.qualified,
        versions: subject.liveCount,
        latest: newest.version,
        id: newest.entry.id,
        type: newest.entry.content.type,
        compatibility: compatibilityLevel,
        ...(newest.deleted ? { deleted: true } : {}),
      }
    })
  answer({ ok: true, result: rows })
}
