import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Agreement, agreementHash, kindOf } from '../agreements/agreement.ts'
import { builtInTemplate } from '../agreements/document-template.ts'
import { DOCUMENT_EDITION, type TypesetAgreement, typesetAgreement } from '../agreements/render-agreement.ts'
import { writePrivateFile } from '../trust/private-file.ts'

/** Documents that are asked for again and again during one signing stay in memory: so many. */
const MAX_REMEMBERED = 32

/** How a kept document is written: the file is replaced whole, so places and bytes belong together. */
interface Kept {
  readonly places: TypesetAgreement['places']
  /** Base64. */
  readonly pdf: string
}

/**
 * Agreements' documents before anybody signed, each typeset once at this gateway and kept in its state folder: typesetting takes a
 * second, and the first exchange after the last signature should not wait for it.
 */
export class AgreementDocuments {
  readonly #folder: string
  readonly #typeset: typeof typesetAgreement
  readonly #remembered = new Map<string, Promise<TypesetAgreement>>()

  private constructor(folder: string, typeset: typeof typesetAgreement) {
    this.#folder = folder
    this.#typeset = typeset
  }

  /** @param typeset - default: the typesetter of this program */
  static async open(
    stateDirectory: string,
    typeset: typeof typesetAgreement = typesetAgreement,
  ): Promise<AgreementDocuments> {
    const folder = join(stateDirectory, 'documents')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return new AgreementDocuments(folder, typeset)
  }

  /**
   * The document of a content, and where its parties sign.
   *
   * @throws WuslaError `template_mismatch`, `document_not_typeset`
   */
  async typeset(content: Agreement): Promise<TypesetAgreement> {
    const name = `${agreementHash(content)}-${DOCUMENT_EDITION}.json`
    const known = this.#remembered.get(name)
    if (known !== undefined) return await known
    const made = this.#make(name, content)
    this.#remember(name, made)
    return await made
  }

  async #make(name: string, content: Agreement): Promise<TypesetAgreement> {
    const file = join(this.#folder, name)
    const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (kept !== undefined) {
      const { places, pdf } = JSON.parse(kept) as Kept
      return { places, pdf: Buffer.from(pdf, 'base64') }
    }
    const made = await this.#typeset(content, await builtInTemplate(kindOf(content)))
    const toKeep: Kept = { places: made.places, pdf: Buffer.from(made.pdf).toString('base64') }
    await writePrivateFile(file, JSON.stringify(toKeep))
    return made
  }

  #remember(name: string, made: Promise<TypesetAgreement>): void {
    const [oldest] = this.#remembered.keys()
    if (oldest !== undefined && this.#remembered.size >= MAX_REMEMBERED) this.#remembered.delete(oldest)
    this.#remembered.set(name, made)
    // What failed is tried anew the next time.
    made.catch(() => this.#remembered.delete(name))
  }
}
