import type { Metadata, Rule, RuleSet } from '../../core/subject/content.ts'
import type { SubjectConfig } from '../../core/subject/settings.ts'
import type { SchemaGiven } from './prepare.ts'

/** A schema with the metadata and rules that the subject's settings put under those it comes with, and over them. */
export function withDefaults(given: SchemaGiven, config: SubjectConfig): SchemaGiven {
  const { defaultMetadata, overrideMetadata, defaultRuleSet, overrideRuleSet } = config
  return {
    ...given,
    metadata: mergeMetadata(mergeMetadata(defaultMetadata ?? null, given.metadata), overrideMetadata ?? null),
    ruleSet: mergeRules(mergeRules(defaultRuleSet ?? null, given.ruleSet), overrideRuleSet ?? null),
  }
}

function mergeMetadata(under: Metadata | null, over: Metadata | null): Metadata | null {
  if (under === null || over === null) return over ?? under
  const sensitive = [...new Set([...(under.sensitive ?? []), ...(over.sensitive ?? [])])]
  return {
    ...(under.tags || over.tags ? { tags: { ...under.tags, ...over.tags } } : {}),
    ...(under.properties || over.properties ? { properties: { ...under.properties, ...over.properties } } : {}),
    ...(sensitive.length > 0 ? { sensitive } : {}),
  }
}

function mergeRules(under: RuleSet | null, over: RuleSet | null): RuleSet | null {
  if (under === null || over === null) return over ?? under
  const merged: { -readonly [key in keyof RuleSet]: RuleSet[key] } = { ...under, ...over }
  for (const kind of ['migrationRules', 'domainRules', 'encodingRules'] as const) {
    const rules = new Map<string, Rule>()
    for (const rule of [...(under[kind] ?? []), ...(over[kind] ?? [])]) rules.set(rule.name, rule)
    if (rules.size > 0) merged[kind] = [...rules.values()]
  }
  return merged
}
