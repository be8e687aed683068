import type { Api } from '../../admin-api/api-server.ts'
import { enrolmentSignature, verifyEnrolmentSignature } from '../../directory/enrolment-key.ts'
import { canonicalJson } from '../../protocol/canonical-json.ts'
import { formatTime } from '../../protocol/clock.ts'
import { keyIdOf } from '../../protocol/digest.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { issueCertificate } from '../../trust/certificate-authority.ts'
import { readCertificateRequest } from '../../trust/certificate-request.ts'
import { changeSigningBytes, type SignedChange } from '../../trust/signed-change.ts'
import { spiffeUri } from '../../trust/tls-identity.ts'
import type { IssuedToken } from '../enrolment-store.ts'
import type { RegistryParts } from '../registry-deps.ts'
import { SignedChangeBody } from './schemas.ts'

/** Hours a certificate is good beyond its renewal interval: how long a registry may be down (decision 0003). */
const CERTIFICATE_HOURS = 24

const Enrolled = Type.Object({ index: Type.Integer(), certificateChain: Type.String() })

/** How gateways and branches get in, and how they renew their certificates. */
export function enrolmentRoutes(api: Api, parts: RegistryParts): void {
  api.post(
    '/v1/enrol',
    {
      schema: {
        summary:
          'Join with a one-time token: the change is signed by the new keys and by the holder of the token',
        tags: ['enrolment'],
        body: Type.Object(
          { ...SignedChangeBody, csr: Type.String({ maxLength: 8_192 }) },
          { additionalProperties: false },
        ),
        response: { 200: Enrolled },
      },
    },
    async ({ body }) => await enrol(parts, { change: body.change, signatures: body.signatures }, body.csr),
  )

  api.post(
    '/v1/certificates',
    {
      schema: {
        summary: 'Renew a certificate over a key that the directory binds to the caller',
        tags: ['enrolment'],
        body: Type.Object({ csr: Type.String({ maxLength: 8_192 }) }, { additionalProperties: false }),
        response: { 200: Type.Object({ certificateChain: Type.String() }) },
      },
    },
    async ({ body }) => await renew(parts, body.csr),
  )
}

async function enrol(
  parts: RegistryParts,
  signed: SignedChange,
  csr: string,
): Promise<{ index: number; certificateChain: string }> {
  const { change } = signed
  const holder = enrolmentSignature(signed.signatures)
  if (holder === undefined || !verifyEnrolmentSignature(changeSigningBytes(change), holder))
    throw new WuslaError('token_invalid')
  const subject = subjectOf(change)
  const { tlsKeyId } = await readCertificateRequest(csr)
  const { tlsKey } = change
  if (typeof tlsKey !== 'string' || keyIdOf(Buffer.from(tlsKey, 'base64url')) !== tlsKeyId) {
    throw new WuslaError('invalid_request', {
      message: 'The certificate request is for another key than the change.',
    })
  }
  const index = parts.index.indexOf(change) ?? (await publishEnrolment(parts, signed, holder.key, subject))
  parts.onEvent({ kind: 'enrolled', subject })
  return { index, certificateChain: await certify(parts, csr, subject) }
}

/** A voucher is the member's own word; a token of the registry's is needed only where the registry must sign. */
async function publishEnrolment(
  { enrolments, publisher, clock }: RegistryParts,
  signed: SignedChange,
  enrolmentKey: string,
  subject: string,
): Promise<number> {
  const { change, signatures } = signed
  if (change.kind === 'gateway_enrolled' && change['voucher'] !== undefined)
    return await publisher.publish(signed)
  const token = enrolments.find(enrolmentKey)
  if (token.expires < formatTime(clock.nowMs())) throw new WuslaError('token_expired')
  if (token.subject !== subject || !isForToken(signed, token)) throw new WuslaError('token_invalid')
  return await publisher.publish({ change, signatures: [...signatures, await publisher.countersign(change)] })
}

function isForToken(
  { change }: SignedChange,
  token: Pick<IssuedToken, 'kind' | 'member' | 'branches' | 'class'>,
): boolean {
  // The class is the operator's word: a branch that names another one than its token has no token.
  if (token.kind === 'branch') {
    const isTold = change['host'] === token.member && change['class'] === token.class
    return change.kind === 'branch_commissioned' && isTold
  }
  const sameBranches = canonicalJson(change['branches'] ?? null) === canonicalJson([...token.branches])
  return change.kind === 'gateway_enrolled' && change['member'] === token.member && sameBranches
}

function subjectOf(change: SignedChange['change']): string {
  const subject =
    change.kind === 'branch_commissioned'
      ? change['branch']
      : change.kind === 'gateway_enrolled'
        ? change['gateway']
        : undefined
  if (typeof subject !== 'string')
    throw new WuslaError('invalid_request', { message: 'This change enrols nobody.' })
  return subject
}

/** The request's own signature proves the key; the directory says whose key it is. Nothing else is needed. */
async function renew(parts: RegistryParts, csr: string): Promise<{ certificateChain: string }> {
  const { tlsKeyId } = await readCertificateRequest(csr)
  const owner = parts.directory.tlsKeyOwner(tlsKeyId)
  if (owner === undefined) throw new WuslaError('unknown_key')
  return { certificateChain: await certify(parts, csr, owner) }
}

async function certify(parts: RegistryParts, csr: string, subject: string): Promise<string> {
  const { config, keys, directory, clock, onEvent } = parts
  const { tlsKeyId } = await readCertificateRequest(csr)
  // The directory says whose key it is; a key that ended, or another's, gets no certificate.
  if (directory.tlsKeyOwner(tlsKeyId) !== subject) throw new WuslaError('unknown_key')
  const staleHours = (directory.network()?.maxStalenessMs ?? 0) / 3_600_000
  const issued = await issueCertificate({
    ca: keys.authority,
    csr,
    network: config.network,
    spiffeId: spiffeUri(config.network, subject),
    validityHours: CERTIFICATE_HOURS + staleHours,
    nowMs: clock.nowMs(),
  })
  onEvent({ kind: 'certificate_issued', subject })
  return issued.chainPem
}
