import { randomBytes } from 'node:crypto'
import { makeAcceptance } from '../../agreements/acceptance.ts'
import { agreementHash } from '../../agreements/agreement.ts'
import { type Draft, draft } from '../../agreements/testing/draft-agreement.ts'
import { makeCertificate } from '../../agreements/testing/signing-authority.ts'
import { mandateTerms } from '../../directory/testing/grant-mandate.ts'
import { digest256 } from '../../protocol/digest.ts'
import { type Answer, DEWA, NETWORK, RTA, type TestGateway, TestRegistry } from './test-registry.ts'

export const DHA: string = `${NETWORK}/GOV/DHA`

/** One signature, as a gateway uploads it. */
export interface TestSigner {
  readonly field: string
  readonly mandate: string
  readonly salt: string
}

/** What a party uploads. */
export interface TestUpload {
  readonly document: string
  readonly acceptance: string
  readonly signers: readonly TestSigner[]
}

/** A root certificate in DER, base64url. */
export async function rootNamed(name: string): Promise<string> {
  const { certificate } = await makeCertificate({ name, kind: 'authority', algorithm: 'P-256' })
  return Buffer.from(certificate.toSchema().toBER()).toString('base64url')
}

export function policyWith(roots: readonly string[]): object {
  return { level: 'advanced', qualifiedPolicies: [], roots, answerWithinDays: 10 }
}

/** A registry with a signing policy and three members, whose clock a test moves. */
export class SigningNetwork {
  readonly registry: TestRegistry
  readonly clock: { addMs: number; readonly nowMs: () => number }
  readonly dewa: TestGateway
  readonly rta: TestGateway
  /** A third member, which is party of nothing. */
  readonly dha: TestGateway

  private constructor(
    registry: TestRegistry,
    clock: SigningNetwork['clock'],
    [dewa, rta, dha]: readonly [TestGateway, TestGateway, TestGateway],
  ) {
    this.registry = registry
    this.clock = clock
    this.dewa = dewa
    this.rta = rta
    this.dha = dha
  }

  static async start(withPolicy: boolean = true): Promise<SigningNetwork> {
    const clock = { addMs: 0, nowMs: () => Date.now() + clock.addMs }
    const registry = await TestRegistry.start(clock)
    const members = [DEWA, RTA, DHA].map((member) => `${member}/gw-1`)
    const [dewa = '', rta = '', dha = ''] = members
    const network = new SigningNetwork(registry, clock, [
      await registry.join(dewa),
      await registry.join(rta),
      await registry.join(dha),
    ])
    if (withPolicy) await network.setPolicy()
    return network
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry[Symbol.asyncDispose]()
  }

  async setPolicy(): Promise<void> {
    const policy = policyWith([await rootNamed('National Authority')])
    await this.registry.must(await this.registry.put('operator', '/v1/signing-policy', policy))
  }

  /** A mandate that this gateway's member grants. */
  async mandate(by: TestGateway, more: Parameters<typeof mandateTerms>[0] = {}): Promise<TestSigner> {
    const terms = mandateTerms(more)
    const { member } = by
    await this.registry.must(await this.registry.submit(by, 'mandate_granted', { member, ...terms }))
    const salt = randomBytes(32).toString('base64url')
    return { field: `Signature-${terms.mandate}`, mandate: terms.mandate, salt }
  }

  /** Files a draft. Each has other terms. */
  async draft(by: TestGateway, more: Draft = {}, links: object = {}): Promise<string> {
    const content = draft({
      nonce: randomBytes(16).toString('base64url'),
      validUntil: '2099-01-01T00:00:00.000Z',
      ...more,
    })
    await this.registry.must(await this.call(by, '', { content, ...links }))
    return agreementHash(content)
  }

  /** Posts to `/v1/agreements` and below. */
  async call(by: TestGateway, path: string, body: object = {}): Promise<Answer> {
    return await this.registry.sealed(by, 'POST', `/v1/agreements${path}`, body)
  }

  async read(by: TestGateway, path: string): Promise<Answer> {
    return await this.registry.sealed(by, 'GET', `/v1/agreements${path}`)
  }

  async upload(
    by: TestGateway,
    agreement: string,
    document: Uint8Array,
    signers: readonly TestSigner[],
  ): Promise<TestUpload> {
    const mandates = signers.map(({ mandate }) => mandate)
    const acceptance = await makeAcceptance({
      agreement,
      member: by.member,
      key: by.seal,
      nowMs: this.clock.nowMs(),
      signed: { document: digest256(document), mandates },
    })
    return { document: Buffer.from(document).toString('base64'), acceptance, signers }
  }

  /** Takes the lease, signs on the present revision and uploads. */
  async sign(by: TestGateway, agreement: string, signer: TestSigner): Promise<Answer> {
    await this.registry.must(await this.call(by, `/${agreement}/lease`))
    const document = await this.nextRevision(by, agreement)
    return await this.call(by, `/${agreement}/document`, await this.upload(by, agreement, document, [signer]))
  }

  /** The present revision with more bytes at its end, as a signature adds them. */
  async nextRevision(by: TestGateway, agreement: string): Promise<Buffer> {
    const { body } = await this.registry.must(await this.read(by, `/${agreement}/document`))
    const before = typeof body.document === 'string' ? Buffer.from(body.document, 'base64') : UNSIGNED
    return Buffer.concat([before, Buffer.from(`signed by ${by.member}\n`)])
  }
}

/** Stands for the unsigned document: the registry looks at its first bytes only. */
export const UNSIGNED: Buffer = Buffer.from('%PDF-1.7\nthe terms\n', 'latin1')
