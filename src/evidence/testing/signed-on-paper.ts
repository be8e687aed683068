import { createHash } from 'node:crypto'
import { attachProof } from '../../agreements/attach-proof.ts'
import { agreementHash } from '../../agreements/agreement.ts'
import { mandateHolder, type MandateSigner } from '../../agreements/mandate-terms.ts'
import type { DocumentResult } from '../../agreements/signed-document-result.ts'
import {
  derOf,
  NUMBERS,
  QUALIFIED,
  setStage,
  signAs,
  type SigningStage,
} from '../../agreements/testing/signing-stage.ts'
import { digest256 } from '../../protocol/digest.ts'
import { buildAgreementProof } from '../agreement-proof.ts'
import { verifySignedAgreement, type VerifyAgreementOptions } from '../verify-agreement.ts'
import { newBranch, newGateway, type PaperBranch, type PaperGateway, PaperNetwork } from './paper-network.ts'
import { agreeSigned, grantMandate, mandateId, type PaperSigning, setPolicy } from './paper-signing.ts'

type Fields = Readonly<Record<string, unknown>>

/** How the network differs from a decent one. */
export interface SignedWish {
  readonly policy?: Fields
  /** What of the mandates of DEWA and RTA. */
  readonly mandates?: readonly [Fields, Fields]
  readonly agreement?: Partial<PaperSigning>
  /** What happens before the agreement takes effect. */
  readonly before?: (network: PaperNetwork, dewa: PaperGateway, rta: PaperGateway) => Promise<unknown>
}

/** A network on paper whose directory shows an agreement that two officials signed. */
export interface SignedOnPaper {
  readonly network: PaperNetwork
  readonly dewa: PaperGateway
  readonly rta: PaperGateway
  readonly core: PaperBranch
  readonly stage: SigningStage
  readonly agreement: string
  readonly signers: readonly MandateSigner[]
  /** Without a proof. */
  readonly pdf: Buffer
}

export const NOW = '2026-12-01T00:00:00.000Z'

const SALTS = ['one', 'two'].map((name) => digest256(name))

/** The usual signers. */
export const SIGNERS: readonly MandateSigner[] = ['dewa', 'rta'].map((name, at) => ({
  field: `Sign${at + 1}`,
  mandate: mandateId(name),
  salt: SALTS[at] ?? '',
}))

/** Both sign, and the agreement takes effect. The stage may be shared: making one takes time. */
export async function signOnPaper(wish: SignedWish = {}, stage?: SigningStage): Promise<SignedOnPaper> {
  const set = stage ?? (await setStage())
  const network = await PaperNetwork.create()
  const dewa = newGateway('AE-DU/SEMI/DEWA/gw-1')
  const rta = newGateway('AE-DU/GOV/RTA/gw-1')
  const core = newBranch('AE-DU/branch/CORE', 'AE-DU/GOV/DDA')
  await network.admit(core.host)
  await network.commission(core)
  for (const gateway of [dewa, rta]) {
    await network.admit(gateway.member)
    await network.enrol(gateway, network.by)
  }
  const root = Buffer.from(derOf(set.root.certificate)).toString('base64url')
  await setPolicy(network, { qualifiedPolicies: [QUALIFIED], roots: [root], ...wish.policy })
  for (const [at, [gateway, name]] of (
    [
      [dewa, 'dewa'],
      [rta, 'rta'],
    ] as const
  ).entries()) {
    const holder = mandateHolder(SALTS[at] ?? '', NUMBERS[at] ?? '')
    await grantMandate(network, gateway, name, { holder, ...wish.mandates?.[at] })
  }
  await wish.before?.(network, dewa, rta)
  network.nowMs = Date.UTC(2026, 10, 29, 12, 5)
  const one = await signAs(set, 0, set.document.pdf)
  const pdf = await signAs(set, 1, one)
  const mandates = [[mandateId('dewa')], [mandateId('rta')]] as const
  const document = sha256(pdf)
  await agreeSigned(network, {
    agreement: agreementHash(set.content),
    parties: [dewa, rta],
    mandates,
    document,
    sealed: [
      { document: sha256(one), mandates: mandates[0] },
      { document, mandates: mandates[1] },
    ],
    ...wish.agreement,
  })
  network.witnesses = [core]
  const agreement = agreementHash(set.content)
  return { network, dewa, rta, core, stage: set, agreement, signers: SIGNERS, pdf }
}

/** The text of the proof, as the directory stands now. */
export async function proofOf({ network, dewa, rta, agreement, signers }: SignedOnPaper): Promise<string> {
  return await buildAgreementProof(network, { agreement, parties: [dewa.member, rta.member], signers })
}

/** The document with a proof, the usual one unless another is given. */
export async function withProof(paper: SignedOnPaper, text?: string): Promise<Uint8Array> {
  return await attachProof(paper.pdf, text ?? (await proofOf(paper)))
}

/** Verifies by the anchor alone, unless told otherwise. */
export async function verifyOnPaper(
  { network, stage }: SignedOnPaper,
  file: Uint8Array,
  options: Partial<VerifyAgreementOptions> = {},
): Promise<DocumentResult> {
  // Setting the same content again and again would only take time.
  const typeset = async (): Promise<SigningStage['document']> => await Promise.resolve(stage.document)
  return await verifySignedAgreement(file, network.anchor, { now: NOW, typeset, ...options })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url')
}
