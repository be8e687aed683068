import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Impact } from '../../src/planner/study-impact.ts'
import { ARCHIVE, BILLS, DEWA, DHA, MORO, RTA, RunningSandbox } from '../network/running-sandbox.ts'

const DDA = 'AE-DU/GOV/DDA'

/** Every system of the sandbox by its member, and an operation of every service. */
const SYSTEMS = new Map([
  [DDA, `${DDA}/PORTAL`],
  [DEWA, `${DEWA}/BILLING`],
  [MORO, `${MORO}/CLOUD`],
  [RTA, `${RTA}/LICENSING`],
  [DHA, `${DHA}/PERMITS`],
])
const SERVICES = new Map([
  [`${DDA}/PORTAL/holidays`, '/holidays'],
  [BILLS, '/bills'],
  [ARCHIVE, '/objects'],
  [`${DHA}/PERMITS/facilities`, '/facilities'],
])

let sandbox: RunningSandbox

before(async () => {
  sandbox = await RunningSandbox.start()
})

after(async () => {
  await sandbox[Symbol.asyncDispose]()
})

async function impact(...args: readonly string[]): Promise<Impact> {
  const { code, stdout, stderr } = await sandbox.cli('plan', 'impact', '--json', ...args)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as Impact
}

/** Who really gets an answer of whom: a call for every pair. */
async function answered(): Promise<string[]> {
  const found: string[] = []
  for (const [member, system] of SYSTEMS) {
    for (const [service, path] of SERVICES) {
      if (service.startsWith(`${member}/`)) continue
      const response = await fetch(sandbox.url(member, service, path), {
        headers: { 'x-road-client': system },
      })
      const body = await response.text()
      // What the service itself says is an answer, even that it misses an account; a gateway may only refuse for these two reasons.
      if (!body.includes('"wusla":')) found.push(`${member} ${service}`)
      else assert.match(body, /"(?:access_denied|no_path)"/, `${member} calls ${service}: ${response.status}`)
    }
  }
  return found.sort()
}

const pairs = (uses: readonly { readonly entity: string; readonly service: string }[]): string[] =>
  uses.map(({ entity, service }) => `${entity} ${service}`).sort()

test('what the plan of the live network calls reachable is what answers, pair by pair', async () => {
  const { after: live } = await impact()
  const real = await answered()
  assert.ok(real.length >= 5, real.join('\n'))
  assert.deepEqual(pairs(live.reached), real)
})

test('what an agreement would bring, asked before it is proposed, is what it brings', async () => {
  const draft = {
    title: { ar: 'اتفاقية', en: 'Agreement' },
    parties: [
      { member: DEWA, role: 'provider' },
      { member: DHA, role: 'consumer' },
    ],
    grants: [
      {
        service: BILLS,
        operations: [{ method: 'GET', path: '/bills' }],
        kinds: ['api'],
        dataClass: 'confidential',
      },
    ],
    validFrom: new Date(Date.now() - 60_000).toISOString(),
    validUntil: new Date(Date.now() + 86_400_000).toISOString(),
  }
  const file = join(sandbox.state, 'draft.json')
  writeFileSync(file, JSON.stringify(draft))
  const predicted = await impact('--add-agreement', file)
  assert.deepEqual(pairs(predicted.gained), [`${DHA} ${BILLS}`])
  assert.deepEqual([predicted.lost, predicted.cost.extraAed], [[], 0])
  const before = await answered()
  await sandbox.signDraft(draft, DHA, DEWA)
  const now = await answered()
  assert.deepEqual(
    now.filter((pair) => !before.includes(pair)),
    pairs(predicted.gained),
  )
  assert.deepEqual(pairs((await impact()).after.reached), now)
})
