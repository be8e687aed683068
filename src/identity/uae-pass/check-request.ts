import { WuslaError } from '../../protocol/wusla-error.ts'
import { assertMaySign } from '../assurance.ts'
import type { SignedDocumentReader } from '../check-signed-document.ts'
import type { DocumentToSign, SigningRequest } from '../document-signing.ts'
import { isWebAddress } from '../web-address.ts'

/** Bounds of one signing. */
export interface SigningBounds {
  readonly maxDocuments: number
  readonly maxDocumentBytes: number
}

/** A page of PDF has at most this side, in points (ISO 32000-1 annex C). */
const MAX_SIDE = 14_400

/**
 * Refuses what may not or cannot be signed before a byte leaves this house.
 *
 * @throws WuslaError `person_changed`, `assurance_too_low`, `identity_number_missing`, `signing_request_invalid`,
 *   `signature_field_taken`
 */
export async function checkSigningRequest(
  provider: string,
  request: SigningRequest,
  bounds: SigningBounds,
  reader: SignedDocumentReader,
): Promise<void> {
  if (request.person.provider !== provider) throw new WuslaError('person_changed')
  assertMaySign(request.person, request.required)
  const problems = requestProblems(request, bounds)
  if (problems.length > 0) throw new WuslaError('signing_request_invalid', { details: { problems } })
  for (const document of request.documents) await checkField(document, reader)
}

function requestProblems({ documents, callback }: SigningRequest, bounds: SigningBounds): string[] {
  const problems = documents.flatMap((document, at) =>
    documentProblems(document, bounds).map((problem) => `/documents/${at}/${problem}`),
  )
  if (documents.length === 0 || documents.length > bounds.maxDocuments) {
    problems.unshift(`/documents: from 1 to ${bounds.maxDocuments}`)
  }
  const names = new Set(documents.map(({ name }) => name))
  if (names.size !== documents.length) problems.push('/documents: each name once')
  if (!isWebAddress(callback)) problems.push('/callback: must be an https address')
  return problems
}

function documentProblems(
  { name, pdf, field }: DocumentToSign,
  { maxDocumentBytes }: SigningBounds,
): string[] {
  const problems: string[] = []
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) problems.push('name: [A-Za-z0-9._-]{1,64}')
  if (pdf.byteLength > maxDocumentBytes) problems.push(`pdf: at most ${maxDocumentBytes} bytes`)
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(field.name)) problems.push('field/name: [A-Za-z0-9_-]{1,64}')
  const isPage =
    field.page === 'last' || (Number.isInteger(field.page) && field.page >= 1 && field.page <= 100_000)
  if (!isPage) problems.push('field/page: a number from 1, or last')
  const { x, y, width, height } = field.rectangle
  const isInside = [x, y, width, height].every((side) => side >= 0 && side <= MAX_SIDE)
  if (!isInside) problems.push(`field/rectangle: numbers from 0 to ${MAX_SIDE} points`)
  return problems
}

async function checkField({ name, pdf, field }: DocumentToSign, reader: SignedDocumentReader): Promise<void> {
  let fields: Awaited<ReturnType<SignedDocumentReader['fields']>>
  try {
    fields = await reader.fields(pdf)
  } catch {
    // The reader's message can quote the document.
    throw new WuslaError('signing_request_invalid', { details: { problems: [`${name}: is no PDF`] } })
  }
  if (fields.some((one) => one.name === field.name)) {
    throw new WuslaError('signature_field_taken', { details: { document: name, field: field.name } })
  }
}
