import { asObject, invalidAnswer } from '../http/ask-provider.ts'

/** How a whole process ended. `canceled` is spelled as the provider does. */
export type ProcessStatus = 'finished' | 'failed' | 'failed_documents' | 'canceled'

/** How one document of it ended. */
export type DocumentStatus = 'finished' | 'failed' | 'canceled'

/** A process that the provider has made. */
export interface CreatedProcess {
  readonly id: string
  /** Where the person goes. */
  readonly address: string
  /** Documents in the order of the provider. */
  readonly documentIds: readonly string[]
}

type Json = Readonly<Record<string, unknown>>

const PROCESS_STATUSES: readonly string[] = ['finished', 'failed', 'failed_documents', 'canceled']
const DOCUMENT_STATUSES: readonly string[] = ['finished', 'failed', 'canceled']

/**
 * The answer to a new process.
 *
 * @param isOurs - whether a browser may be sent to an address
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function createdProcess(answer: Json, isOurs: (address: string) => boolean): CreatedProcess {
  const step = 'process'
  const pending: readonly unknown[] = listOf(asObject(answer['tasks'])?.['pending'])
  const task = pending.map(asObject).find((item) => item?.['type'] === 'UserBrowserTask')
  const address = task?.['url']
  if (typeof address !== 'string' || !URL.canParse(address) || !isOurs(address)) {
    throw invalidAnswer(step, 'tasks.pending.url')
  }
  return { id: idOf(step, answer['id']), address, documentIds: listOf(answer['documents']).map(documentId) }
}

/**
 * The identifier of a document: its own member, or the end of its address, where older answers have it alone. Addresses of the
 * answer are not used otherwise: a token goes only to where the configuration says.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function documentId(value: unknown): string {
  const document = asObject(value)
  if (document?.['id'] !== undefined) return idOf('document', document['id'])
  const url = document?.['url']
  const path = typeof url === 'string' && URL.canParse(url) ? new URL(url).pathname : ''
  return idOf('document', path.slice(path.lastIndexOf('/') + 1))
}

/**
 * `status` of a result.
 *
 * @throws WuslaError `identity_provider_answer_invalid`
 */
export function processStatus(answer: Json): ProcessStatus {
  const status = answer['status']
  if (!isProcessStatus(status)) throw invalidAnswer('result', 'status')
  return status
}

/** Whether a value is one of the four statuses. */
export function isProcessStatus(value: unknown): value is ProcessStatus {
  return typeof value === 'string' && PROCESS_STATUSES.includes(value)
}

/** `documents[].result.status` of a process, by document; those without one are left out. */
export function documentStatuses(answer: Json): ReadonlyMap<string, DocumentStatus> {
  const statuses = new Map<string, DocumentStatus>()
  for (const document of listOf(answer['documents'])) {
    const status = asObject(asObject(document)?.['result'])?.['status']
    if (isDocumentStatus(status)) statuses.set(documentId(document), status)
  }
  return statuses
}

function isDocumentStatus(value: unknown): value is DocumentStatus {
  return typeof value === 'string' && DOCUMENT_STATUSES.includes(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function idOf(step: string, value: unknown): string {
  // It becomes a segment of paths that are asked with a token.
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(value)) throw invalidAnswer(step, 'id')
  return value
}
