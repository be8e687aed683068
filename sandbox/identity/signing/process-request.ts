import type { SignatureField } from '../documents/document-job.ts'

/** How one document is to be signed. */
export interface SignerWish {
  readonly field: SignatureField
  /** What the visible signature shows, in this order. */
  readonly details: readonly ('subject' | 'date')[]
}

/** What a request for a signing process says, beside its documents. */
export interface ProcessWish {
  readonly finishUrl: string
  readonly locale: 'ar' | 'en'
  /** Whether the person may look at the documents first. */
  readonly showsDocuments: boolean
  readonly labels: unknown
}

const PROCESS_TYPE = 'urn:safelayer:eidas:processes:document:sign:esigp'
const POLICY = 'urn:safelayer:eidas:policies:sign:document:pdf'
const TIME_STAMP = 'urn:uae:tws:generation:policy:digitalid'

/** A request that is not as documented. */
export class BadRequest extends Error {}

/** The members that concern the process. @throws BadRequest */
export function readProcess(value: unknown): ProcessWish {
  const process = objectOf(value, 'process')
  if (process['process_type'] !== PROCESS_TYPE) throw new BadRequest('process_type is unknown')
  const stamp = objectOf(process['timestamp'], 'timestamp')
  if (stamp['provider_id'] !== TIME_STAMP) throw new BadRequest('timestamp.provider_id is unknown')
  const views = objectOf(process['views'] ?? {}, 'views')
  const agreement = objectOf(views['document_agreement'] ?? {}, 'views.document_agreement')
  const locales = Array.isArray(process['ui_locales']) ? process['ui_locales'].map(String) : []
  return {
    finishUrl: webAddress(process['finish_callback_url']),
    locale: locales[0]?.startsWith('en') === true ? 'en' : 'ar',
    // The documentation writes it as a text, and some clients as a boolean.
    showsDocuments: ![true, 'true'].includes(agreement['skip_server_id'] as boolean | string),
    labels: process['labels'] ?? [],
  }
}

/** How to sign: the member `signer` of a process, or one of the list `signers` of a document. @throws BadRequest */
export function readSigner(value: unknown): SignerWish {
  const signer = objectOf(value, 'signer')
  if (signer['signature_policy_id'] !== POLICY) throw new BadRequest('signature_policy_id is unknown')
  const parameters = objectOf(signer['parameters'], 'parameters')
  if (parameters['type'] !== 'pades-baseline') throw new BadRequest('parameters.type is unknown')
  const field = objectOf(parameters['signature_field'], 'signature_field')
  const name = field['name']
  if (typeof name !== 'string' || !/^[^.\0]{1,128}$/.test(name)) throw new BadRequest('signature_field.name')
  const location = objectOf(field['location'], 'location')
  return {
    field: { name, page: pageOf(location['page']), rectangle: rectangleOf(location['rectangle']) },
    details: detailsOf(field['appearance']),
  }
}

function pageOf(value: unknown): SignatureField['page'] {
  const { number } = objectOf(value, 'page') as { readonly number?: unknown }
  if (number === 'last' || number === 'first') return number
  const page = Number(number)
  if (!Number.isInteger(page) || page < 1) throw new BadRequest('page.number')
  return page
}

/** Points from the lower left corner. */
function rectangleOf(value: unknown): SignatureField['rectangle'] {
  const rectangle = objectOf(value, 'rectangle')
  const [x = 0, y = 0, width = 0, height = 0] = ['x', 'y', 'width', 'height'].map((part) =>
    Number(rectangle[part]),
  )
  if (![x, y, width, height].every((part) => part >= 0 && part <= 14_400)) throw new BadRequest('rectangle')
  return { x, y, width, height }
}

function detailsOf(value: unknown): SignerWish['details'] {
  const appearance = objectOf(value ?? {}, 'appearance')
  const signature = objectOf(appearance['signature_details'] ?? {}, 'signature_details')
  const details = Array.isArray(signature['details']) ? (signature['details'] as unknown[]) : []
  return details
    .map((detail) => objectOf(detail, 'details')['type'])
    .filter((type) => type === 'subject' || type === 'date')
}

function webAddress(value: unknown): string {
  const text = String(value)
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new BadRequest('finish_callback_url is no address')
  return text
}

export function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadRequest(`${name} is missing or no object`)
  return value as Readonly<Record<string, unknown>>
}
