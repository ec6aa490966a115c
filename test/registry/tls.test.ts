import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { after, test } from 'node:test'
import { Authority } from '../certificates.ts'
import { RegistryRig } from './rig.ts'

const authority = new Authority()
after(() => authority.remove())

function get(url: string, options: { readonly cert?: Buffer; readonly key?: Buffer }): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ ca: readFileSync(authority.ca), ...options })
    const sent = request(`${url}/schemas/types`, { agent, headers: { connection: 'close' } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('the registry is served over TLS, to those alone that show a certificate where one is wanted', async () => {
  const { certificate, key } = authority.sign('/CN=registry')
  const client = authority.sign('/CN=client')
  const flags = { 'tls-certificate': certificate, 'tls-key': key, 'tls-ca': authority.ca }
  const rig = await RegistryRig.open('?clientAuth=required', flags)
  assert.match(rig.url, /^https:/)
  const shown = { cert: readFileSync(client.certificate), key: readFileSync(client.key) }
  assert.equal(await get(rig.url, shown), '["JSON","AVRO"]')
  await assert.rejects(get(rig.url, {}))
  assert.equal(await get(rig.url, shown), '["JSON","AVRO"]')
  await rig.stop()
})
