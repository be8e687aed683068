import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start } from '../../directory/testing/two-members.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { type EstablishedSession, PeerSessions } from '../peer-sessions.ts'
import { FakeSession } from '../testing/fake-session.ts'
import { HandClock, refusalOf } from '../testing/gateway-world.ts'
import type { DirectPaths } from './direct-paths.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 20_000 }
const DEWA = 'AE-DU/SEMI/DEWA'
const GATEWAY = `${DEWA}/gw-1`
const [MORO, DIB] = ['AE-DU/branch/MORO', 'AE-DU/branch/DIB']
const NEVER = new AbortController().signal

type Direct = Pick<DirectPaths, 'attempt' | 'failure'>

/** Sessions through one branch, and a direct way beside it. */
async function bench(
  throughBranch: () => Promise<EstablishedSession>,
  direct: (sessions: () => PeerSessions) => Direct,
): Promise<{ sessions: PeerSessions; acquire: (rule?: object) => Promise<EstablishedSession> }> {
  const { directory } = await start()
  const clock = new HandClock()
  const sessions: PeerSessions = new PeerSessions({
    directory,
    dialer: { branches: () => [MORO], dial: throughBranch },
    direct: direct(() => sessions),
    clock,
    onEvent: () => undefined,
    retryDelayMs: 1,
  })
  const acquire = async (rule: object = {}): Promise<EstablishedSession> =>
    await sessions.acquire({ member: DEWA }, rule, clock.nowMs(), NEVER)
  return { sessions, acquire }
}

function established(path: readonly string[]): EstablishedSession & { readonly fake: FakeSession } {
  const fake = new FakeSession()
  return { session: fake.asSession, path, peerTlsKey: '', fake }
}

const never = (): Direct => ({ attempt: () => new Promise(() => undefined), failure: () => undefined })
const refused = (): Promise<never> => Promise.reject(new WuslaError('branch_unreachable'))

test(
  'a direct session comes first, whichever came when, and keeps every rule about branches',
  BOUNDED,
  async () => {
    const { sessions, acquire } = await bench(refused, never)
    const direct = established([])
    const through = established([MORO])
    sessions.adopt(GATEWAY, direct, 'acceptor')
    sessions.adopt(GATEWAY, through, 'acceptor')
    assert.equal(sessions.current({ member: DEWA }, {}), direct)
    for (const rule of [{ avoid: [MORO] }, { only: [DIB] }, { only: [] }, { onlyClasses: ['sovereign'] }])
      assert.equal(await acquire(rule), direct)
    direct.fake.end()
    assert.equal(sessions.current({ member: DEWA }, {}), through)
  },
)

test('a call does not wait for a direct address that never answers', BOUNDED, async () => {
  const made = established([MORO])
  const { acquire } = await bench(() => Promise.resolve(made), never)
  assert.equal(await acquire(), made)
  // Neither when no branch works: it ends at its deadline, with what is known.
  const none = await bench(refused, never)
  assert.equal((await refusalOf(none.acquire)).code, 'no_path')
})

test('a call takes the direct session when that stands before one through a branch', BOUNDED, async () => {
  const direct = established([])
  const { acquire } = await bench(
    () => new Promise(() => undefined),
    (sessions) => ({
      attempt: (gateway) => {
        sessions().adopt(gateway, direct, 'initiator')
        return Promise.resolve(direct)
      },
      failure: () => undefined,
    }),
  )
  assert.equal(await acquire(), direct)
})

test('what failed directly is told beside what failed through branches', BOUNDED, async () => {
  const { acquire } = await bench(refused, () => ({
    attempt: () => Promise.resolve(undefined),
    failure: () => new WuslaError('wrong_peer'),
  }))
  const { details } = await refusalOf(acquire)
  const tried = details['tried'] as { via: string; code: string }[]
  assert.deepEqual(
    tried.map(({ via, code }) => [via, code]),
    [
      [MORO, 'branch_unreachable'],
      ['direct', 'wrong_peer'],
    ],
  )
})
