import { re2 } from '../../std/re2.ts'

/** Turns the distinguished name of a certificate into a user's name; null if it is not about such a name. */
export type PrincipalRule = (distinguishedName: string) => string | null

/** One rule of `ssl.principal.mapping.rules`: `DEFAULT`, or `RULE:pattern/replacement/` with `L` or `U` behind it. */
const RULE = /\s*(?:(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))\s*(?:,|$)/y

/**
 * Reads Kafka's rules. The first whose pattern is the whole name decides; patterns run in linear time. A client whom none is about is turned
 * away.
 *
 * @throws Error if a rule is none.
 */
export function readPrincipalRules(text: string): PrincipalRule {
  const rules: PrincipalRule[] = []
  RULE.lastIndex = 0
  while (RULE.lastIndex < text.length) {
    const from = RULE.lastIndex
    const match = RULE.exec(text)
    if (match === null)
      throw new Error(`'${text.slice(from)}' is no rule: write DEFAULT or RULE:pattern/replacement/[LU]`)
    const [, isDefault, pattern, replacement, letters] = match
    rules.push(isDefault === undefined ? ruleOf(pattern!, replacement!, letters!) : (name) => name)
  }
  return (name) => {
    for (const rule of rules) {
      const user = rule(name)
      if (user !== null) return user
    }
    return null
  }
}

function ruleOf(pattern: string, replacement: string, letters: string): PrincipalRule {
  const compiled = re2().RE2JS.compile(pattern)
  return (name) => {
    const matcher = compiled.matcher(name)
    if (!matcher.matches()) return null
    const user = replacement.replace(/\$(\d)|\\(.)/g, (_all, group: string | undefined, escaped: string | undefined) =>
      group === undefined ? escaped! : (matcher.group(Number(group)) ?? ''),
    )
    if (letters === 'L') return user.toLowerCase()
    return letters === 'U' ? user.toUpperCase() : user
  }
}
