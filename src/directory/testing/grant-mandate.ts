import { createHmac, randomBytes } from 'node:crypto'
import { digest256 } from '../../protocol/digest.ts'
import { signJws } from '../../trust/jws.ts'
import type { SoftwareSealKey } from '../../trust/seal-key.ts'
import type { ChangeOf } from '../change.ts'
import type { ScriptedNetwork, TestGateway } from './scripted-network.ts'
import type { Started } from './two-members.ts'

/** What a mandate says beyond whose it is. */
type MandateTerms = Omit<ChangeOf<'mandate_granted'>, 'type' | 'kind' | 'network' | 'time' | 'member'>

/** A mandate with what is never published about it. */
export interface TestMandate {
  readonly mandate: string
  readonly member: string
  readonly identityNumber: string
  /** base64url of 32 bytes. */
  readonly salt: string
}

/** What stands for an identity number in a mandate: HMAC-SHA-256 over its digits, keyed with the salt. */
export function holderOf(identityNumber: string, salt: string): string {
  return createHmac('sha256', Buffer.from(salt, 'base64url')).update(identityNumber).digest('base64url')
}

/** Terms of a new mandate for all kinds and data up to `secret`, from 2026 on for longer than any test runs, without a ceiling. */
export function mandateTerms(more: Partial<MandateTerms> = {}): MandateTerms {
  return {
    mandate: randomBytes(16).toString('base64url'),
    holder: digest256('nobody'),
    office: { ar: 'مدير إدارة البيانات', en: 'Director of Data' },
    kinds: ['service', 'hosting', 'membership'],
    dataClassUpTo: 'secret',
    instrument: digest256('a deed of appointment'),
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2099-01-01T00:00:00.000Z',
    ...more,
  }
}

/** Grants a mandate to whoever has this identity number, sealed by the gateway's member. */
export async function grantMandate(
  { script, add }: Pick<Started, 'script' | 'add'>,
  { member, seal }: TestGateway,
  identityNumber: string = '784198012345671',
  more: Partial<MandateTerms> = {},
): Promise<TestMandate> {
  const salt = randomBytes(32).toString('base64url')
  const terms = mandateTerms({ holder: holderOf(identityNumber, salt), ...more })
  add(await script.entry('mandate_granted', { member, ...terms }, [member, seal]))
  return { mandate: terms.mandate, member, identityNumber, salt }
}

type PolicyTerms = Omit<ChangeOf<'signing_policy_set'>, 'type' | 'kind' | 'network' | 'time'>

/** Sets a signing policy: advanced signatures, ten days to answer. `roots` default to one that is no certificate. */
export async function setPolicy(
  { script, add }: Pick<Started, 'script' | 'add'>,
  more: Partial<PolicyTerms> = {},
): Promise<void> {
  const terms: PolicyTerms = {
    level: 'advanced',
    qualifiedPolicies: [],
    roots: [Buffer.from('a root').toString('base64url')],
    answerWithinDays: 10,
    ...more,
  }
  add(await script.entry('signing_policy_set', terms, script.byRegistry))
}

/** An acceptance that names the document and the mandates under which it was signed. */
export async function officialAcceptance(
  script: ScriptedNetwork,
  agreement: string,
  words: {
    readonly member: string
    readonly key: SoftwareSealKey
    readonly document?: string
    readonly mandates?: readonly string[]
  },
): Promise<string> {
  const { member, key, ...signed } = words
  const payload = JSON.parse(
    JSON.stringify({ agreement, member, act: 'accept', time: script.now, ...signed }),
  )
  return await signJws({ typ: 'wusla-acceptance+jws', payload, key })
}

/** One party of an agreement that officials sign. */
export interface SigningParty {
  readonly gateway: TestGateway
  readonly mandates: readonly string[]
  /** Digest that its acceptance names; default: that of the whole document. */
  readonly document?: string
}

/** An agreement of two gateways' members that takes effect with a document that their officials signed. */
export async function signedAgreement(
  script: ScriptedNetwork,
  hash: string,
  parties: readonly [SigningParty, SigningParty],
  more: Partial<ChangeOf<'agreement_effective'>> = {},
): Promise<string> {
  const document = digest256(`the document of ${hash}`)
  const acceptances = parties.map(async ({ gateway, mandates, document: own = document }) => {
    const { member, seal: key } = gateway
    return await officialAcceptance(script, hash, { member, key, document: own, mandates })
  })
  return await script.entry(
    'agreement_effective',
    {
      agreement: hash,
      parties: parties.map(({ gateway }) => gateway.member),
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: '2027-01-01T00:00:00.000Z',
      acceptances: await Promise.all(acceptances),
      document,
      signedUnder: parties.map(({ mandates }) => mandates),
      ...more,
    },
    script.byRegistry,
  )
}
