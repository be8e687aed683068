import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { parseTime } from '../protocol/clock.ts'
import { createSealVerifier } from '../trust/seal-key.ts'
import { verifyAcceptance } from './acceptance.ts'
import { agreementHash, decodeAgreement } from './agreement.ts'
import { REASON_CODES } from './decision-texts.ts'
import { compileGrants, decide } from './decision.ts'
import type { AccessQuery, AgreementStatus } from './decision.ts'

// Every value of docs/spec/agreement.md, section 7, and the table of section 6.
const read = (name: string): string =>
  readFileSync(new URL(`../../docs/spec/${name}`, import.meta.url), 'utf8')
const specification = read('agreement.md')

function box(text: string, name: string): string {
  const found = new RegExp(`<!-- example ${name} -->\\n\\n\`\`\`\\w+\\n([^\`]*)\\n\`\`\``).exec(text)
  assert.ok(found?.[1] !== undefined && found[1] !== '', `the example ${name}`)
  return found[1]
}

const content = decodeAgreement(JSON.parse(box(specification, 'content')))
const hash = box(specification, 'agreement-hash')

it('7.1: the content has the canonical form and the hash shown', () => {
  assert.equal(canonicalJson(content), box(specification, 'content-canonical'))
  assert.equal(agreementHash(content), hash)
})

it('7.2: the acceptance says what is shown, and verifies with the key of trust.md', () => {
  const der = Buffer.from(box(read('trust.md'), 'key-public'), 'base64url')
  const jws = box(specification, 'acceptance')
  const wanted = { agreement: hash, member: 'AE-DU/SEMI/DEWA', resolveKey: () => createSealVerifier(der) }
  const { kid: _, ...words } = verifyAcceptance(jws, wanted)
  assert.equal(canonicalJson(words), box(specification, 'acceptance-payload'))
})

/** Rows of the tables whose first cell looks like this, as cells. */
function rows(first: RegExp): string[][] {
  return specification
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell = '']) => first.test(cell))
}

const decisions = rows(/^`[A-Z]+ \/?.*`$/)

it('7.3: has its decisions', () => assert.equal(decisions.length, 22))

for (const [call = '', time = '', otherwise = '', expected = ''] of decisions) {
  it(`7.3: ${call} at ${time} ${otherwise} is ${expected}`, () => {
    const [, method = '', path = ''] = /^`(\S+) (.*)`$/.exec(call) ?? []
    const status: AgreementStatus = /^(suspended|revoked)$/.test(otherwise)
      ? (otherwise as AgreementStatus)
      : 'effective'
    const [, member = '', value = ''] = /^(client|service|kind) `(.*)`$/.exec(otherwise) ?? []
    assert.ok(otherwise === '' || status !== 'effective' || member !== '', `the test reads "${otherwise}"`)
    const query: AccessQuery = {
      client: 'AE-DU/GOV/RTA/LICENSING',
      service: 'AE-DU/SEMI/DEWA/BILLING/bills',
      method,
      path,
      nowMs: parseTime(time),
      ...(member === '' ? {} : { [member]: value }),
    }
    const decision = decide(compileGrants({ agreements: [{ hash, content, status }] }), query)
    assert.equal(decision.allowed ? 'allowed' : decision.reason, expected)
  })
}

it('6: the table names every reason there is, and no other', () => {
  const named = rows(/^\d+$/).flatMap(([, reasons = '']) =>
    [...reasons.matchAll(/`(\w+)`/g)].map((match) => match[1]),
  )
  assert.deepEqual(new Set(named), new Set(REASON_CODES))
})
