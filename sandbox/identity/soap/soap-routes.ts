import type { FastifyInstance } from 'fastify'
import { revokedNow } from '../authority/authority-routes.ts'
import type { TestAuthority } from '../authority/test-authority.ts'
import { type Clients, isSame } from '../clients.ts'
import type { SwitchBoard } from '../control/switches.ts'
import { DocumentError } from '../documents/document-error.ts'
import type { DocumentWorkshop } from '../documents/document-workshop.ts'
import { signerText } from '../signing/sign-as-persona.ts'
import { documentXml, faultXml, type Outcome, responseXml, signatureXml } from './answer-xml.ts'
import { judge } from './judge-signatures.ts'
import { type Element, find, readXml, textIn } from './read-request.ts'
import { collectValidation } from './validation-data.ts'

/** The part of the stand-in that verifies, completes and seals. */
export interface SoapParts {
  readonly authority: TestAuthority
  readonly clients: Clients
  readonly switches: SwitchBoard
  readonly workshop: DocumentWorkshop
  readonly timeStampUrl: string
  readonly now: () => Date
}

/** An answer with the XML behind its result. */
interface Answered {
  readonly kind: 'Sign' | 'Verify'
  readonly outcome: Outcome
  readonly inside?: string
}

const PROFILES = {
  verify: 'urn:safelayer:tws:dss:1.0:profiles:pdf:1.0:verify',
  complete: 'urn:safelayer:tws:dss:1.0:profiles:nonrep:1.0',
  sealPdf: 'urn:safelayer:tws:dss:1.0:profiles:pades:1.0:sign',
  sealBytes: 'urn:safelayer:tws:dss:1.0:profiles:cmspkcs7sig:1.0:sign',
} as const

const AUTHENTICATION = 'urn:safelayer:tws:policies:authentication:oauth:clients'
const ACTIONS: Readonly<Record<string, string>> = {
  [PROFILES.verify]: 'Verify',
  [PROFILES.complete]: 'Update',
  [PROFILES.sealPdf]: 'Sign',
  [PROFILES.sealBytes]: 'Sign',
}

const MAX_BYTES = 30 * 1024 * 1024

/** One address for verification, long-term data and electronic seals. */
export function addSoapRoutes(server: FastifyInstance, parts: SoapParts): void {
  server.addContentTypeParser(
    'text/xml',
    { parseAs: 'string', bodyLimit: MAX_BYTES },
    (_request, body, done) => done(null, body),
  )
  server.post('/trustedx-gw/SoapGateway', async (request, reply) => {
    void reply.header('content-type', 'text/xml; charset=utf-8')
    const envelope = readXml(String(request.body))
    if (envelope?.name !== 'Envelope')
      return await reply.code(400).send(faultXml('Client', 'this is no envelope'))
    const isOurs = request.headers['twsauthn'] === AUTHENTICATION
    if (!isOurs || !isKnown(envelope, parts.clients))
      return await reply.code(500).send(faultXml('Client', 'authentication failed'))
    const asked = find(envelope, 'VerifyRequest') ?? find(envelope, 'SignRequest')
    const profile = asked?.attributes['Profile'] ?? ''
    const action = String(request.headers['soapaction'] ?? '').replaceAll('"', '')
    if (asked === undefined || ACTIONS[profile] !== action)
      return await reply.code(500).send(faultXml('Client', 'SOAPAction and Profile do not name an operation'))
    const { kind, outcome, inside } = await answer(asked, profile, parts)
    return await reply.send(responseXml(kind, outcome, inside))
  })
}

/** WS-Security UsernameToken with the text of the secret. */
function isKnown(envelope: Element, clients: Clients): boolean {
  const token = find(find(envelope, 'Header'), 'UsernameToken')
  const client = clients.get(textIn(token, 'Username') ?? '')
  return client !== undefined && isSame(client.secret, textIn(token, 'Password') ?? '')
}

async function answer(asked: Element, profile: string, parts: SoapParts): Promise<Answered> {
  const kind = asked.name === 'SignRequest' ? 'Sign' : 'Verify'
  const data = Buffer.from(textIn(asked, 'Base64Data') ?? '', 'base64')
  if (data.length === 0)
    return { kind, outcome: { kind: 'requester-error', message: 'Base64Data is missing' } }
  try {
    if (profile === PROFILES.verify) return await verify(data, parts)
    if (profile === PROFILES.complete) return await complete(data, asked, parts)
    return await seal(data, asked, profile, parts)
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    const blame = error.problem === 'no_time_stamp' ? 'responder-error' : 'requester-error'
    return { kind, outcome: { kind: blame, message: error.message } }
  }
}

async function verify(pdf: Buffer, { authority, switches, workshop, now }: SoapParts): Promise<Answered> {
  const signatures = await workshop.verify(pdf)
  return {
    kind: 'Verify',
    outcome: await judge(signatures, authority, revokedNow(authority, switches), now()),
  }
}

async function complete(
  pdf: Buffer,
  asked: Element,
  { authority, switches, workshop, now }: SoapParts,
): Promise<Answered> {
  const signatures = await workshop.verify(pdf)
  const label = textIn(asked, 'PdfFieldLabel')
  const revoked = revokedNow(authority, switches)
  if (label !== undefined && !signatures.some(({ field }) => field === label))
    return { kind: 'Verify', outcome: { kind: 'requester-error', message: `there is no field ${label}` } }
  const outcome = await judge(signatures, authority, revoked, now())
  if (outcome.kind !== 'valid') return { kind: 'Verify', outcome }
  const data = await collectValidation(signatures, authority, revoked, now())
  const completed = await workshop.work({ kind: 'add-validation', pdf: pdf.toString('base64'), data })
  return { kind: 'Verify', outcome, inside: documentXml(completed) }
}

async function seal(
  data: Buffer,
  asked: Element,
  profile: string,
  { authority, workshop, timeStampUrl, now }: SoapParts,
): Promise<Answered> {
  if (!(textIn(find(asked, 'KeySelector'), 'Name') ?? '').includes('CN=TEST Entity Seal'))
    return { kind: 'Sign', outcome: { kind: 'requester-error', message: 'KeySelector names no seal' } }
  const signer = signerText(authority.seal)
  const success = { kind: 'success' } as const
  const content = data.toString('base64')
  if (profile === PROFILES.sealBytes) {
    const cms = await workshop.work({ kind: 'seal-bytes', content, signer, timeStampUrl })
    return { kind: 'Sign', outcome: success, inside: signatureXml(cms) }
  }
  const reason = textIn(asked, 'reason')
  const at = now()
  const sealed = await workshop.work({
    kind: 'sign',
    pdf: content,
    field: {
      name: `Seal${at.getTime()}`,
      page: 'last',
      rectangle: { x: 0, y: 0, width: 0, height: 0 },
    },
    signerName: 'TEST Entity Seal',
    signer,
    ...(reason === undefined ? {} : { reason }),
    at: at.toISOString(),
    timeStampUrl,
  })
  return { kind: 'Sign', outcome: success, inside: documentXml(sealed) }
}
