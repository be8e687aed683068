import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isWithinClass } from './data-class.ts'
import { beyondScope } from './mandate-scope.ts'
import { draft } from './testing/draft-agreement.ts'

const all = { kinds: ['service', 'hosting', 'membership'], dataClassUpTo: 'secret' } as const

describe('what may be signed under a mandate', () => {
  it('is every agreement of its kinds', () => {
    assert.equal(beyondScope(draft(), all), undefined)
    assert.equal(beyondScope(draft(), { ...all, kinds: ['hosting', 'membership'] }), 'kind')
  })

  it('goes up to its class of data, for every grant', () => {
    const content = draft({ grant: { dataClass: 'sensitive' } })
    assert.equal(beyondScope(content, { ...all, dataClassUpTo: 'sensitive' }), undefined)
    assert.equal(beyondScope(content, { ...all, dataClassUpTo: 'confidential' }), 'data_class')
    assert.equal(isWithinClass('open', 'open'), true)
    assert.equal(isWithinClass('secret', 'sensitive'), false)
  })

  it('costs no more than its ceiling', () => {
    const connection = { branches: ['AE-DU/branch/CORE'], lines: [], extraLineCostAed: 5000 }
    const content = draft({ connection })
    assert.equal(beyondScope(content, all), undefined)
    assert.equal(beyondScope(content, { ...all, ceilingAed: 5000 }), undefined)
    assert.equal(beyondScope(content, { ...all, ceilingAed: 4999 }), 'cost')
    assert.equal(beyondScope(draft(), { ...all, ceilingAed: 0 }), undefined)
  })
})
