import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPrincipalRules } from './principal-rules.ts'

const NAME = 'CN=Orders,OU=shop,O=Example,C=DE'

test('the first rule whose pattern is the whole name decides', () => {
  const rules = readPrincipalRules(
    'RULE:^CN=(.*?),OU=billing.*$/$1/, RULE:^CN=(.*?),OU=(.*?),O=.*$/$1.$2/L,RULE:CN=.*/other/U,DEFAULT',
  )
  assert.equal(rules(NAME), 'orders.shop')
  assert.equal(rules('CN=Orders,OU=billing,O=Example'), 'Orders')
  assert.equal(rules('CN=x'), 'OTHER')
  assert.equal(rules('O=Example'), 'O=Example')
})

test('a name is the user unless a rule says otherwise', () => {
  assert.equal(readPrincipalRules('DEFAULT')(NAME), NAME)
})

test('a name that no rule is about is nobody', () => {
  assert.equal(readPrincipalRules('RULE:^CN=a$/b/')(NAME), null)
})

test('what is no rule is refused', () => {
  for (const text of ['RULE:a', 'RULE:a/b', 'NAME', 'RULE:(/x/', 'DEFAULT DEFAULT']) {
    assert.throws(() => readPrincipalRules(text), text)
  }
})
