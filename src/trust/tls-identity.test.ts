import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSpiffeUri, registryId, spiffeUri } from './tls-identity.ts'
import { code } from './testing/fixtures.ts'

const NETWORK = 'AE-DU'

describe('the URI name of a party', () => {
  const names: readonly [id: string, uri: string, kind: string][] = [
    ['AE-DU/SEMI/DEWA/gw-1', 'spiffe://ae-du/gateway/SEMI/DEWA/gw-1', 'gateway'],
    ['AE-DU/branch/MORO', 'spiffe://ae-du/branch/MORO', 'branch'],
    ['AE-DU/registry', 'spiffe://ae-du/registry', 'registry'],
    ['AE-DU/GOV/a%2Fb/%D8%A8', 'spiffe://ae-du/gateway/GOV/a%2Fb/%D8%A8', 'gateway'],
  ]
  for (const [id, uri, kind] of names) {
    it(`of ${id} leads there and back`, () => {
      assert.equal(spiffeUri(NETWORK, id), uri)
      assert.deepEqual(parseSpiffeUri(uri, NETWORK), { kind, id })
    })
  }

  it('is for parties of the network only', () => {
    for (const id of [
      'XX/SEMI/DEWA/gw-1',
      'AE-DU/SEMI/DEWA',
      'AE-DU/SEMI/DEWA/a/b',
      'AE-DU',
      '',
      'AE-DU2/registry',
    ]) {
      assert.throws(() => spiffeUri(NETWORK, id), code('invalid_identifier'), id)
    }
    assert.equal(registryId(NETWORK), 'AE-DU/registry')
  })

  it('has one spelling', () => {
    const wrong = [
      'spiffe://AE-DU/registry',
      'SPIFFE://ae-du/registry',
      'spiffe://ae-du/registry/',
      'spiffe://ae-du//registry',
      'spiffe://ae-du/REGISTRY',
      'spiffe://ae-du:443/registry',
      'spiffe://user@ae-du/registry',
      'spiffe://ae-du/registry?x',
      'spiffe://ae-du.example/registry',
      'https://ae-du/registry',
      'spiffe://ae-du/gateway/SEMI/DEWA',
      'spiffe://ae-du/gateway/SEMI/DEWA/gw-1/x',
      'spiffe://ae-du/gateway/SEMI/DEWA/',
      'spiffe://ae-du/gateway/SEMI/../gw-1',
      'spiffe://ae-du/gateway/SEMI/%44EWA/gw-1',
      'spiffe://ae-du/gateway/SEMI/a%2fb/gw-1',
      'spiffe://ae-du/gateway/branch/MORO/x',
      'spiffe://ae-du/branch/MORO/x',
      'spiffe://ae-du/branch/',
      'spiffe://ae-du/',
      '',
    ]
    for (const uri of wrong) assert.equal(parseSpiffeUri(uri, NETWORK), undefined, uri)
  })
})
