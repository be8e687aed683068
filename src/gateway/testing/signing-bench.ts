import assert from 'node:assert/strict'
import { type Agreement, agreementHash } from '../../agreements/agreement.ts'
import { mandateHolder, type MandateSigner } from '../../agreements/mandate-terms.ts'
import { draft } from '../../agreements/testing/draft-agreement.ts'
import type { TypesetAgreement } from '../../agreements/render-agreement.ts'
import type { DocumentResult } from '../../agreements/signed-document-result.ts'
import type { VerifyJob } from '../documents/document-job.ts'
import type { SigningOutcome, SigningRequest } from '../../identity/document-signing.ts'
import { HiddenText } from '../../identity/hidden-text.ts'
import type { Person } from '../../identity/person.ts'
import { digest256 } from '../../protocol/digest.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { generateSealKey } from '../../trust/seal-key.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import { SigningDesk } from '../signing/signing-desk.ts'
import type { DirectoryMandate, SigningDeps, SigningPolicy } from '../signing/signing-ports.ts'
import { HandClock } from './gateway-world.ts'

export const OWN = 'AE-DU/GOV/RTA'
export const OTHER = 'AE-DU/SEMI/DEWA'
export const PUBLIC_URL = 'https://sign.example'
const SALT = Buffer.alloc(32, 7).toString('base64url')

/** A person as a provider would prove them. */
export function personOf(number: string, assurance: Person['assurance'] = 'SOP3'): Person {
  return { provider: 'test', uuid: number, assurance, name: {}, identityNumber: new HiddenText(number) }
}

/** The first person of RTA, and the second. */
export const NOURA = personOf('784199012345671')
export const HAMAD = personOf('784198512345678')

/** An agreement at the registry of the bench. */
interface Filed {
  readonly content: Agreement
  signed: Record<string, { readonly signers: readonly MandateSigner[] }>
  document: Uint8Array | undefined
  holder: string | undefined
}

/** A desk between a provider, a registry, a directory and a verifier that do what a test says. */
export class SigningBench {
  readonly clock = new HandClock()
  readonly key = generateSealKey()
  readonly events: GatewayEvent[] = []
  readonly filed = new Map<string, Filed>()
  readonly mandates = new Map<string, DirectoryMandate & { standing?: 'not_yet' | 'expired' | 'ended' }>()
  policy: SigningPolicy | undefined = { level: 'qualified', qualifiedPolicies: ['1.2.3'], roots: ['AAAA'] }
  /** Who answers the next login; an error: how it fails. */
  person: Person | WuslaError = NOURA
  /** What each step of a signing throws, by its name. */
  readonly throws = new Map<string, WuslaError>()
  /** What the verifier answers after so many calls; default: it accepts. */
  verdict: (job: VerifyJob) => DocumentResult | undefined = () => undefined
  /** Documents that the provider does not sign. */
  readonly unsigned = new Set<string>()
  /** How the person ends the signing at the provider. */
  ends: 'signs' | 'cancels' | 'never' = 'signs'
  readonly requests: SigningRequest[] = []
  /** Agreements whose whole document was verified here. */
  readonly noted: string[] = []
  readonly submitted: {
    readonly agreement: string
    readonly acceptance: string
    readonly signers: readonly MandateSigner[]
  }[] = []
  readonly callbacks: string[] = []
  closed = 0
  desk: SigningDesk

  constructor() {
    this.desk = this.open()
  }

  /** A desk anew, as after a restart. */
  open(change: Partial<SigningDeps> = {}): SigningDesk {
    this.desk = new SigningDesk({ ...this.#deps(), ...change })
    return this.desk
  }

  /** Files a draft between the two. */
  file(nonce = 'AAAAAAAAAAAAAAAAAAAAAA'): string {
    const content = draft({ nonce })
    const hash = agreementHash(content)
    this.filed.set(hash, { content, signed: {}, document: undefined, holder: undefined })
    return hash
  }

  grant(
    person: Person,
    change: Partial<DirectoryMandate> & { standing?: 'not_yet' | 'expired' | 'ended' } = {},
  ): string {
    const mandate = `mandate-${this.mandates.size}`
    this.mandates.set(mandate, {
      mandate,
      member: OWN,
      holder: mandateHolder(SALT, person.identityNumber?.reveal() ?? ''),
      office: { ar: 'المدير', en: 'Director' },
      kinds: ['service'],
      dataClassUpTo: 'secret',
      grantedAt: '2026-01-01T00:00:00.000Z',
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: '2028-01-01T00:00:00.000Z',
      ...change,
    })
    return mandate
  }

  /** Agreements whose lease this member holds. */
  get leases(): string[] {
    return [...this.filed].flatMap(([hash, { holder }]) => (holder === OWN ? [hash] : []))
  }

  /** A browser opens the address of a signing and logs in. @returns where it is sent to sign */
  async visit(address: string, person: Person | WuslaError = this.person): Promise<string | undefined> {
    this.person = person
    const opened = await this.desk.open(address.slice(`${PUBLIC_URL}/sign/`.length))
    assert.ok(opened !== undefined, 'the ticket is not good')
    return await this.desk.loggedIn(new URLSearchParams({ state: opened.cookie }), opened.cookie)
  }

  /** Begins a signing, visits, and waits for its end. */
  async sign(...agreements: string[]): Promise<ReturnType<SigningDesk['view']>> {
    const { signing, address } = await this.desk.begin(agreements)
    await this.visit(address)
    return await this.ended(signing)
  }

  async ended(signing: string): Promise<ReturnType<SigningDesk['view']>> {
    const deadline = Date.now() + 30_000
    for (;;) {
      const view = this.desk.view(signing)
      if (view.status === 'finished' || view.status === 'failed') return view
      assert.ok(Date.now() < deadline, `it stays ${view.status}`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async typeset(content: Agreement): Promise<TypesetAgreement> {
    const places = content.parties.map(({ member }, at) => ({
      member,
      page: 2,
      rectangle: [at * 200, 100, at * 200 + 180, 160] as const,
    }))
    return await Promise.resolve({ pdf: Buffer.from(`%PDF ${agreementHash(content)}\n`), places })
  }

  #step(name: string): void {
    const error = this.throws.get(name)
    if (error !== undefined) throw error
  }

  #deps(): SigningDeps {
    return {
      network: 'AE-DU',
      member: OWN,
      testAuthorities: false,
      identity: { publicUrl: PUBLIC_URL, language: 'ar', ...this.#identity() },
      registry: this.#registry(),
      directory: {
        signingPolicy: () => this.policy,
        mandate: (id) => this.mandates.get(id),
        mandateAt: (id) => {
          const record = this.mandates.get(id)
          if (record === undefined) return { standing: 'unknown' }
          return record.standing === undefined ? { standing: 'valid', record } : { standing: record.standing }
        },
      },
      mandates: { list: () => [...this.mandates.keys()].map((mandate) => ({ mandate, salt: SALT })) },
      typeset: async (content) => await this.typeset(content),
      keep: async () => await Promise.resolve(),
      addValidationData: async (pdf) => {
        this.#step('addValidationData')
        return await Promise.resolve(Buffer.concat([pdf, Buffer.from('validated\n')]))
      },
      verify: async (job) => {
        const ok = { ok: true, facts: {} } as unknown as DocumentResult
        return await Promise.resolve(this.verdict(job) ?? ok)
      },
      noteVerified: (agreement) => void this.noted.push(agreement),
      key: () => this.key,
      clock: this.clock,
      onEvent: (event) => this.events.push(event),
    }
  }

  #identity(): Pick<NonNullable<SigningDeps['identity']>, 'login' | 'documentSigning'> {
    let logins = 0
    return {
      login: {
        provider: 'test',
        begin: async () => {
          this.#step('login')
          const binding = new HiddenText(digest256(`login ${(logins += 1)}`))
          return await Promise.resolve({ address: 'https://id.example/authorize', binding })
        },
        finish: async ({ parameters, binding }) => {
          if (parameters.get('state') !== binding) throw new WuslaError('identity_attempt_unknown')
          if (this.person instanceof WuslaError) throw this.person
          return await Promise.resolve(this.person)
        },
      },
      documentSigning: {
        provider: 'test',
        noteCallback: (parameters) => this.callbacks.push(parameters.toString()),
        begin: async (request) => {
          this.#step('begin')
          this.requests.push(request)
          const close = async (): Promise<void> => {
            await Promise.resolve((this.closed += 1))
          }
          return await Promise.resolve({
            id: 'process-1',
            address: 'https://id.example/sign',
            outcome: async ({ signal } = {}) => await this.#outcome(request, signal),
            close,
            [Symbol.asyncDispose]: close,
          })
        },
      },
    }
  }

  async #outcome(request: SigningRequest, signal: AbortSignal | undefined): Promise<SigningOutcome> {
    this.#step('outcome')
    if (this.ends === 'never')
      await new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    if (this.ends === 'cancels')
      return { outcome: 'refused', failure: new WuslaError('signing_cancelled'), signed: [] }
    const signed = request.documents
      .filter(({ name }) => !this.unsigned.has(name))
      .map(({ name, pdf, field }) => ({
        name,
        pdf: Buffer.concat([pdf, Buffer.from(`signed ${field.name}\n`)]),
      }))
    if (this.unsigned.size === 0) return { outcome: 'signed', signed }
    return { outcome: 'refused', failure: new WuslaError('signing_incomplete'), signed }
  }

  #registry(): SigningDeps['registry'] {
    const find = (hash: string): Filed => {
      const found = this.filed.get(hash)
      if (found === undefined) throw new WuslaError('agreement_not_found')
      return found
    }
    return {
      readAgreement: async (hash) => await Promise.resolve(find(hash)),
      takeLease: async (hash) => {
        const filed = find(hash)
        if (filed.holder !== undefined && filed.holder !== OWN) throw new WuslaError('signing_in_progress')
        filed.holder = OWN
        const document = filed.document === undefined ? null : digest256(filed.document)
        return await Promise.resolve({ leaseUntil: '', document })
      },
      releaseLease: async (hash) => {
        this.#step('release')
        const filed = find(hash)
        if (filed.holder === OWN) filed.holder = undefined
        await Promise.resolve()
      },
      readDocument: async (hash) => {
        const { document } = find(hash)
        return await Promise.resolve(document === undefined ? {} : { document })
      },
      submitDocument: async (hash, { document, acceptance, signers }) => {
        this.#step('submit')
        const filed = find(hash)
        filed.document = document
        filed.signed = { ...filed.signed, [OWN]: { signers } }
        filed.holder = undefined
        this.submitted.push({ agreement: hash, acceptance, signers })
        await Promise.resolve()
      },
    }
  }
}
