import { deleteUser, setUser, type UserChange } from '../../broker/access/user.ts'
import type { PasswordHash } from '../../core/access/user.ts'
import type { Json } from '../../core/policy/parameters.ts'
import { tagsOf } from '../definitions/item.ts'
import { type Arguments, type Command, change, look, need, optional } from './command.ts'

const DEFAULT_ALGORITHM = 'rabbit_password_hashing_sha256'

export const USERS: Readonly<Record<string, Command>> = {
  'users list': look('users, with their tags and limits', [], (broker) =>
    [...broker.access.users.all()]
      .map(({ user: { name, tags, limits, credentials } }) => ({
        name,
        tags,
        limits: limits as Json,
        mechanisms: Object.keys(credentials),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ),
  'users set': change(
    'make or change a user',
    [
      'name',
      'password',
      'password-hash',
      'hashing-algorithm',
      'no-password?',
      'tags',
      'max-connections',
      'max-channels',
    ],
    (broker, args) => {
      const tags = optional(args, 'tags')
      const password = passwordOf(args)
      return setUser(broker, {
        name: need(args, 'name'),
        ...(tags === undefined ? {} : { tags: tagsOf(tags) }),
        ...(password === undefined ? {} : { password }),
        ...limitsOf(args, { ...broker.access.user(need(args, 'name'))?.limits }),
      })
    },
  ),
  'users delete': change('delete a user with its permissions, and close its connections', ['name'], (broker, args) =>
    deleteUser(broker, need(args, 'name')),
  ),
}

function passwordOf(args: Arguments): UserChange['password'] {
  const hash = optional(args, 'password-hash')
  if (hash !== undefined) {
    return { hash, algorithm: optional(args, 'hashing-algorithm') ?? DEFAULT_ALGORITHM } satisfies PasswordHash
  }
  return args['no-password'] === true ? null : optional(args, 'password')
}

/** A limit that is not named stays as it is. */
function limitsOf(args: Arguments, known: Readonly<Record<string, unknown>>): Pick<UserChange, 'limits'> {
  const named = ['max-connections', 'max-channels'].filter((name) => args[name] !== undefined)
  if (named.length === 0) return {}
  return { limits: { ...known, ...Object.fromEntries(named.map((name) => [name, Number(args[name])])) } }
}
