import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MandateSigner } from '../agreements/mandate-terms.ts'
import { digest256 } from '../protocol/digest.ts'
import { writePrivateFile } from '../trust/private-file.ts'

/**
 * The signed documents that this gateway has verified, beside the contents of the agreements: `<hash>.pdf`, and `<hash>.signers` with the mandates and
 * salts of who signed. The PDF holds identity numbers of officials: only the owner of the process may read it.
 */
export class VerifiedDocuments {
  readonly #folder: string
  /** Agreement to the digest of its file. */
  readonly #digests: Map<string, string>

  private constructor(folder: string, digests: Map<string, string>) {
    this.#folder = folder
    this.#digests = digests
  }

  /** @param folder - that of the agreements; it exists */
  static async open(folder: string): Promise<VerifiedDocuments> {
    const digests = new Map<string, string>()
    for (const name of await readdir(folder)) {
      if (name.endsWith('.pdf')) digests.set(name.slice(0, -4), digest256(await readFile(join(folder, name))))
    }
    return new VerifiedDocuments(folder, digests)
  }

  /** Whether the document with this digest was verified here. */
  has(agreement: string, document: string): boolean {
    return this.#digests.get(agreement) === document
  }

  /** Keeps a verified document; durable when it resolves. */
  async put(agreement: string, pdf: Uint8Array, signers: readonly MandateSigner[]): Promise<void> {
    // The document last: it is what says that it was verified.
    await writePrivateFile(join(this.#folder, `${agreement}.signers`), JSON.stringify(signers))
    await writePrivateFile(join(this.#folder, `${agreement}.pdf`), pdf)
    this.#digests.set(agreement, digest256(pdf))
  }

  /** @returns undefined when it was not verified here */
  async read(
    agreement: string,
  ): Promise<{ readonly pdf: Uint8Array; readonly signers: readonly MandateSigner[] } | undefined> {
    if (!this.#digests.has(agreement)) return undefined
    const pdf = await readFile(join(this.#folder, `${agreement}.pdf`))
    const signers = JSON.parse(
      await readFile(join(this.#folder, `${agreement}.signers`), 'utf8'),
    ) as MandateSigner[]
    return { pdf, signers }
  }
}
