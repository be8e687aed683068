import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { wholeAnswer } from '../../transport/incoming-answer.ts'
import { makeAnswer } from '../testing/fake-session.ts'
import { CLIENT, makeCall, openWorld, refusalOf, revokeAgreement, SERVICE } from '../testing/gateway-world.ts'
import { admitCall, countAnswer, isLimited } from './count-call.ts'

const LIMITS = { requestsPerDay: 10, bytesPerDay: 1_000 }

test('a call that was given up, or whose agreement ended, while it was counted costs nothing', async () => {
  await using world = await openWorld('AE-DU/GOV/RTA', { limits: LIMITS })
  const limited = { agreement: world.agreement, grant: 0, limits: LIMITS }
  const wanted = { client: CLIENT, service: SERVICE, method: 'GET', path: '/bills/7' }
  const authorise = (): void => void world.access.authorise(wanted)
  const gone = makeCall({ body: Buffer.alloc(100), signal: AbortSignal.abort() })
  assert.equal(
    (await refusalOf(() => admitCall(world.limits, limited, gone, authorise))).code,
    'stream_cancelled',
  )
  await revokeAgreement(world)
  const ended = await refusalOf(() => admitCall(world.limits, limited, makeCall(), authorise))
  assert.equal(ended.code, 'access_denied')
  assert.deepEqual(
    (await world.limits.usage(limited)).map(({ used }) => used),
    [0, 0],
  )
})

test('a refusal of the provider is no answer of the service: its bytes are not counted', async () => {
  await using world = await openWorld('AE-DU/GOV/RTA', { limits: LIMITS })
  const limited = { agreement: world.agreement, grant: 0, limits: LIMITS }
  const charge = await admitCall(world.limits, limited, makeCall(), () => undefined)
  const durable = Promise.resolve()
  const used = async (): Promise<unknown> =>
    (await world.limits.usage(limited)).find(({ limit }) => limit === 'bytesPerDay')?.used
  await countAnswer(charge, makeAnswer(durable, { error: 'access_denied' }, Buffer.alloc(50)))
  assert.equal(await used(), 0)
  const { statement, headerBlock } = makeAnswer(durable)
  await countAnswer(charge, wholeAnswer(statement as never, headerBlock, Buffer.alloc(50), durable))
  assert.equal(await used(), 50)
})

test("only the provider's own count gives this gateway's back", () => {
  const by = (code: 'limit_exceeded' | 'access_denied', details: object): WuslaError =>
    new WuslaError(code, { details: { ...details } })
  assert.equal(isLimited(by('limit_exceeded', { by: 'provider' })), true)
  assert.equal(isLimited(by('limit_exceeded', {})), false, 'a body that was cut here')
  assert.equal(isLimited(by('access_denied', { by: 'provider' })), false)
  assert.equal(isLimited(new Error('x')), false)
})
