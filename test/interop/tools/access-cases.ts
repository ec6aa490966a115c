import type { Case } from './play.ts'

/** On a broker with an authorizer. */
export const ACCESS_CASES: readonly Case[] = [
  {
    title: 'ACLs are added, listed by what they are of, for whom, and how they match, and removed',
    steps: [
      { run: 'acls --add --allow-principal User:@u --operation Read --operation Describe --topic @a', sorted: true },
      {
        run: 'acls --add --allow-principal User:@u --producer --topic @b --transactional-id @x --idempotent',
        sorted: true,
      },
      { run: 'acls --add --allow-principal User:@v --consumer --topic @b --group @g', sorted: true },
      {
        run: 'acls --add --deny-principal User:@w --deny-host 10.0.0.1 --operation All --topic @p --resource-pattern-type prefixed',
        sorted: true,
      },
      { run: 'acls --add --allow-principal User:@u --allow-host 10.0.0.2 --operation Delete --topic @a', sorted: true },
      { run: 'acls --add --allow-principal User:@u --operation CreateTokens --user-principal User:@v', sorted: true },
      { run: 'acls --list --topic @a', sorted: true },
      { run: 'acls --list --topic @b', sorted: true },
      { run: 'acls --list --principal User:@u', sorted: true },
      { run: 'acls --list --group @g --principal User:@v', sorted: true },
      { run: 'acls --list --topic @pq --resource-pattern-type match', sorted: true },
      { run: 'acls --list --topic @p --resource-pattern-type any', sorted: true },
      { run: 'acls --list --topic @none', sorted: true },
      {
        run: 'acls --remove --force --allow-principal User:@u --allow-host 10.0.0.2 --operation Delete --topic @a',
        sorted: true,
      },
      { run: 'acls --list --topic @a', sorted: true },
      { run: 'acls --remove --force --topic @a', sorted: true },
      { run: 'acls --remove --force --topic @b --group @g --transactional-id @x', sorted: true },
      { run: 'acls --remove --force --topic @p --resource-pattern-type prefixed', sorted: true },
      { run: 'acls --list --topic @p --resource-pattern-type any', sorted: true },
    ],
  },
]
