import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode } from '../src/protocol/error-codes.ts'
import { isWuslaError, WuslaError } from '../src/protocol/wusla-error.ts'
import { askAll, askUntilAnswered, mergeRows } from './ask-gateways.ts'
import type { GatewayTarget } from './target.ts'

const GATEWAYS = ['a', 'b', 'c'].map((id) => ({ id, url: `http://${id}`, token: 't' }))

/** Each gateway answers with its name, or fails with the code that stands for it. */
function answering(codes: Record<string, ErrorCode>): (target: GatewayTarget) => Promise<string> {
  return async ({ id = '' }) => {
    const code = codes[id]
    if (code !== undefined) throw new WuslaError(code)
    return await Promise.resolve(id)
  }
}

async function failureOf(asking: Promise<unknown>): Promise<WuslaError> {
  const error: unknown = await asking.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  assert.ok(isWuslaError(error))
  return error
}

test('a gateway that is down, or knows nothing, does not end the search', async () => {
  const ask = answering({ a: 'actor_unreachable', b: 'exchange_not_found' })
  assert.equal(await askUntilAnswered(GATEWAYS, ask), 'c')
  const { answers, failures } = await askAll(GATEWAYS, ask)
  assert.deepEqual(answers, [{ gateway: 'c', answer: 'c' }])
  assert.deepEqual(
    failures.map(({ gateway, error }) => [gateway, error.code]),
    [
      ['a', 'actor_unreachable'],
      ['b', 'exchange_not_found'],
    ],
  )
})

test('when nobody answers, the failure that tells most is told, with all that were asked', async () => {
  const cases = [
    [{ a: 'exchange_not_found', b: 'actor_unreachable', c: 'exchange_not_found' }, 'actor_unreachable'],
    [{ a: 'exchange_not_found', b: 'actor_unreachable', c: 'evidence_erased' }, 'evidence_erased'],
    [{ a: 'exchange_not_found', b: 'exchange_not_found', c: 'exchange_not_found' }, 'exchange_not_found'],
  ] as const
  for (const [codes, told] of cases) {
    for (const failing of [
      askUntilAnswered(GATEWAYS, answering(codes)),
      askAll(GATEWAYS, answering(codes)),
    ]) {
      const error = await failureOf(failing)
      assert.equal(error.code, told)
      assert.deepEqual(
        error.details['asked'],
        Object.entries(codes).map(([id, code]) => `${id}: ${code}`),
      )
    }
  }
})

test('a mistake of the program is not taken for a gateway that does not answer', async () => {
  const bug = async (): Promise<never> => await Promise.reject(new TypeError('bug'))
  await assert.rejects(askUntilAnswered(GATEWAYS, bug), TypeError)
  await assert.rejects(askAll(GATEWAYS, bug), TypeError)
})

test('what several hold stands once, with its holders', () => {
  const rows = mergeRows(
    [
      { gateway: 'a', answer: [{ n: 1 }, { n: 2 }] },
      { gateway: 'b', answer: [{ n: 2 }] },
    ],
    ({ n }) => String(n),
  )
  assert.deepEqual(rows, [
    { n: 1, gateways: ['a'] },
    { n: 2, gateways: ['a', 'b'] },
  ])
})
