import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { digest256 } from '../protocol/digest.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { decodeShape, objectOf, oneOf } from '../trust/shape.ts'
import type { AgreementKind, Bilingual } from './agreement.ts'
import { code } from './content/text-shapes.ts'
import { readLanguageText } from './document/template/language-text.ts'
import { type PairedClause, pairLanguages } from './document/template/pair-languages.ts'

/** A text with places for the terms of one agreement, in both languages: `docs/guides/agreement-templates.md`. */
export interface DocumentTemplate {
  readonly name: string
  readonly kind: AgreementKind
  /** Of the template's three files. Changes with any byte of them. */
  readonly digest: string
  /** What kind of document it is, as its first words. */
  readonly title: Bilingual
  readonly clauses: readonly PairedClause[]
}

/** What a template consists of. A folder with anything else is refused: its digest would not cover it. */
const FILES = ['ar.txt', 'en.txt', 'template.json'] as const

const MAX_FILE_BYTES = 262_144
const MAX_PROBLEMS = 50

const HEAD = objectOf({ name: code, kind: oneOf('service', 'hosting', 'membership') })

/**
 * The template that comes with the program, for agreements of this kind.
 *
 * @throws WuslaError as {@link readTemplate}
 */
export async function builtInTemplate(kind: AgreementKind): Promise<DocumentTemplate> {
  return await readTemplate(fileURLToPath(new URL(`./document/templates/${kind}`, import.meta.url)))
}

/**
 * Reads a template from a folder with `template.json`, `ar.txt` and `en.txt`.
 *
 * @throws WuslaError `invalid_template` with every problem, each with file and line, in `details.problems`
 */
export async function readTemplate(folder: string): Promise<DocumentTemplate> {
  const files = await readFiles(folder)
  const problems: string[] = []
  const head = readHead(files['template.json'])
  const { name, kind } = head
  const [ar, en] = (['ar.txt', 'en.txt'] as const).map((file) =>
    readLanguageText(textOf(file, files[file]), kind, (line, problem) =>
      problems.push(`${file}:${line} ${problem}`),
    ),
  )
  if (ar === undefined || en === undefined) throw refused(problems)
  // Where a language is wrong in itself, the comparison would only repeat it in other words.
  const clauses = problems.length > 0 ? [] : pairLanguages(ar, en, kind, (problem) => problems.push(problem))
  if (problems.length > 0) throw refused(problems)
  const digests = Object.fromEntries(FILES.map((file) => [file, digest256(files[file])]))
  return Object.freeze({
    name,
    kind,
    digest: digest256(canonicalJson(digests)),
    title: { ar: ar.title, en: en.title },
    clauses,
  })
}

async function readFiles(folder: string): Promise<Record<(typeof FILES)[number], Buffer>> {
  const entries = await readdir(folder).catch((cause: unknown) => {
    throw refused(['the folder cannot be read'], cause)
  })
  const problems = [
    ...FILES.filter((file) => !entries.includes(file)).map((file) => `${file} is missing`),
    ...entries
      .filter((entry) => !FILES.some((file) => file === entry))
      .map((entry) => `${entry.slice(0, 64)} is no file of a template`),
  ]
  if (problems.length > 0) throw refused(problems)
  const read = async (file: (typeof FILES)[number]): Promise<Buffer> => {
    const path = join(folder, file)
    const found = await stat(path)
    if (!found.isFile() || found.size > MAX_FILE_BYTES)
      throw refused([`${file} is no file of at most ${MAX_FILE_BYTES} bytes`])
    return await readFile(path)
  }
  const [ar, en, head] = [await read('ar.txt'), await read('en.txt'), await read('template.json')]
  return { 'ar.txt': ar, 'en.txt': en, 'template.json': head }
}

function readHead(bytes: Buffer): { readonly name: string; readonly kind: AgreementKind } {
  let value
  try {
    value = JSON.parse(textOf('template.json', bytes)) as Parameters<typeof decodeShape>[1]
  } catch (cause) {
    throw refused(['template.json is not JSON'], cause)
  }
  const decoded = decodeShape(HEAD, value)
  if (decoded.ok) return decoded.value
  throw refused(decoded.problems.map(({ path, problem }) => `template.json: ${path} ${problem}`))
}

function textOf(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw refused([`${file} is not UTF-8`], cause)
  }
}

function refused(problems: readonly string[], cause?: unknown): WuslaError {
  const details = { problems: problems.slice(0, MAX_PROBLEMS) }
  return new WuslaError('invalid_template', cause === undefined ? { details } : { details, cause })
}
