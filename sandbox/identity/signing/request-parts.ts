import type { FastifyRequest } from 'fastify'
import { BadRequest } from './process-request.ts'

/** A part of a multipart body as the plugin gives it: text, a parsed JSON text, or a file. */
interface Part {
  readonly value?: unknown
  readonly toBuffer?: () => Promise<Buffer>
}

/** A part that is JSON, sent as a text, as `application/json`, or as a file. @throws BadRequest */
export async function readJsonPart(request: FastifyRequest, name: string): Promise<unknown> {
  const { value, toBuffer } = partOf(request, name)
  if (typeof value === 'object' && value !== null) return value
  const text = toBuffer === undefined ? String(value) : (await toBuffer()).toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw new BadRequest(`${name} is no JSON`)
  }
}

/** The part `document`. @throws BadRequest when it is no PDF */
export async function pdfPart(request: FastifyRequest): Promise<Uint8Array> {
  const { toBuffer } = partOf(request, 'document')
  const bytes = await toBuffer?.()
  if (bytes?.subarray(0, 5).toString('latin1') !== '%PDF-') throw new BadRequest('document is no PDF file')
  return bytes
}

function partOf({ body }: FastifyRequest, name: string): Part {
  const part = (body as Readonly<Record<string, Part | undefined>> | undefined)?.[name]
  if (part === undefined || Array.isArray(part))
    throw new BadRequest(`the part ${name} is missing, or there twice`)
  return {
    value: part.value,
    ...(part.toBuffer === undefined
      ? {}
      : { toBuffer: async () => await (part as Required<Part>).toBuffer() }),
  }
}
