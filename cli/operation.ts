import { UsageError } from './voice.ts'

/** One method and path pattern, as in grants. */
export interface OperationText {
  readonly method: string
  readonly path: string
}

/** Reads `GET /bills/**`. @throws UsageError */
export function parseOperation(text: string): OperationText {
  const match = /^(\*|[A-Z]+)\s+(\/\S*|\*\*)$/.exec(text.trim())
  const [, method, path] = match ?? []
  if (method === undefined || path === undefined) {
    throw new UsageError(
      `"${text}" is not an operation`,
      'write a method and a path pattern, e.g. "GET /bills/**" or "* /**"',
    )
  }
  return { method, path }
}
