import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { digest256 } from '../src/protocol/digest.ts'
import { writePrivateFile } from '../src/trust/private-file.ts'
import { callAdmin } from './drive.ts'
import type { NotedMandate } from './noted-mandates.ts'
import { officeOf, officialOf } from './officials.ts'
import { PERSONAS } from './identity/personas.ts'
import { type Admin, signAs, type StandInControl } from './sign-as.ts'
import { agreedTerms, type SandboxTerms } from './terms.ts'
import { untilInForce } from './until-in-force.ts'

/** Gateways by member. */
export type AdminOf = (member: string) => Admin

const KINDS = ['service', 'hosting', 'membership'] as const
const YEAR_MS = 365 * 86_400_000

/** Lets the official of a member sign for it, and notes for the sandbox who that is: no network publishes it. */
export async function grantMandate(
  state: string,
  member: string,
  { url, token }: Admin,
  nowMs: number,
): Promise<void> {
  const name = officialOf(member)
  const persona = PERSONAS.find((entry) => entry.name === name)
  const office = officeOf(member)
  const validUntil = new Date(nowMs + 3 * YEAR_MS).toISOString()
  const { mandate } = (await callAdmin(url, token, 'POST', '/v1/mandates', {
    identityNumber: persona?.emiratesId,
    office,
    kinds: KINDS,
    dataClassUpTo: 'secret',
    instrument: digest256(`TEST ONLY: appointment of ${name} in a sandbox`),
    validFrom: new Date(nowMs).toISOString(),
    validUntil,
  })) as { readonly mandate: string }
  const noted: NotedMandate = { persona: name, member, mandate, office, kinds: KINDS, validUntil }
  const folder = join(state, 'mandates')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await writePrivateFile(join(folder, `${member.replaceAll('/', '-')}.json`), `${JSON.stringify(noted)}\n`)
}

/**
 * Agrees on what holds from the first start, each term signed by the officials of both sides. Who signs several agreements approves once, and
 * everybody signs at the same time, but for one document two officials come one after the other. Resolves when both gateways of each agreement have
 * verified it: whoever signed first still has to fetch what the other one added, and refuses every call until then.
 */
export async function agree(adminOf: AdminOf, standIn: StandInControl, nowMs: number): Promise<void> {
  const proposed = await Promise.all(
    agreedTerms(nowMs).map(async (terms) => ({ ...terms, agreement: await propose(terms, adminOf) })),
  )
  for (const side of ['other', 'proposer'] as const) {
    const byMember = Map.groupBy(proposed, (terms) => terms[side])
    await Promise.all(
      [...byMember].map(async ([member, its]) => {
        const agreements = its.map(({ agreement }) => agreement)
        await signAs(officialOf(member), adminOf(member), standIn, agreements)
      }),
    )
  }
  await Promise.all(
    proposed.flatMap(({ agreement, proposer, other }) =>
      [proposer, other].map(async (member) => await untilInForce(adminOf(member), agreement)),
    ),
  )
}

async function propose({ proposer, draft }: SandboxTerms, adminOf: AdminOf): Promise<string> {
  const { url, token } = adminOf(proposer)
  const answer = await callAdmin(url, token, 'POST', '/v1/agreements', draft)
  return (answer as { readonly agreement: string }).agreement
}
