import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { agreementHash, decodeAgreement, type Agreement } from '../agreements/agreement.ts'
import { canonicalJson, parseJsonStrict } from '../protocol/canonical-json.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { writePrivateFile } from '../trust/private-file.ts'

/**
 * The contents of the agreements to which this gateway's member is a party, one file each, named by its hash.
 * Being here grants nothing: only the directory says which agreement is in force, and only content whose hash
 * the directory names is ever compiled into access rules.
 */
export class AgreementStore {
  readonly #directory: string
  readonly #contents = new Map<string, Agreement>()
  readonly #listeners = new Set<() => void>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** @throws WuslaError `invalid_agreement` when a stored file is not what its name says. */
  static async open(stateDirectory: string): Promise<AgreementStore> {
    const directory = join(stateDirectory, 'agreements')
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const store = new AgreementStore(directory)
    for (const name of await readdir(directory)) {
      if (!name.endsWith('.json')) continue
      const text = await readFile(join(directory, name), 'utf8')
      const content = decodeAgreement(parseJsonStrict(text))
      const hash = agreementHash(content)
      if (`${hash}.json` !== name) {
        throw new WuslaError('invalid_agreement', {
          message: `${name} holds another agreement than its name says.`,
        })
      }
      store.#contents.set(hash, content)
    }
    return store
  }

  get(hash: string): Agreement | undefined {
    return this.#contents.get(hash)
  }

  list(): [hash: string, content: Agreement][] {
    return [...this.#contents]
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Keeps the content; durable when it resolves. @returns its hash. @throws WuslaError `invalid_agreement` */
  async put(value: unknown): Promise<string> {
    const content = decodeAgreement(value)
    const hash = agreementHash(content)
    if (this.#contents.has(hash)) return hash
    await writePrivateFile(join(this.#directory, `${hash}.json`), canonicalJson(content))
    this.#contents.set(hash, content)
    for (const listener of this.#listeners) listener()
    return hash
  }
}
