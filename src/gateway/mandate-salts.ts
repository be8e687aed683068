import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { WuslaError } from '../protocol/wusla-error.ts'
import { readPrivateFile, writePrivateFile } from '../trust/private-file.ts'
import { isBase64urlOf } from '../trust/text-form.ts'

/** The key under which an official's number stands in a mandate. */
export interface MandateSalt {
  readonly mandate: string
  /** 32 bytes in base64url. */
  readonly salt: string
}

const ENDING = '.salt'

/**
 * The salts of the mandates that this gateway granted, one private file each, named by the mandate. Whoever reads one can
 * try out whose mandate it is; whoever loses one cannot sign under that mandate any more. No number is ever kept.
 */
export class MandateSalts {
  readonly #directory: string
  readonly #salts = new Map<string, string>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** @throws WuslaError `secret_exposed` when others may read a salt, `file_unreadable` when one is damaged */
  static async open(stateDirectory: string): Promise<MandateSalts> {
    const directory = join(stateDirectory, 'mandates')
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const store = new MandateSalts(directory)
    for (const name of await readdir(directory)) {
      if (!name.endsWith(ENDING)) continue
      const file = join(directory, name)
      const salt = await readPrivateFile(file, 256)
      if (!isBase64urlOf(salt, 32)) {
        throw new WuslaError('file_unreadable', { message: 'It does not hold a salt.', details: { file } })
      }
      store.#salts.set(name.slice(0, -ENDING.length), salt)
    }
    return store
  }

  /** All of them; also of a mandate that never came into the directory, since nobody knows that it will not. */
  list(): MandateSalt[] {
    return [...this.#salts].map(([mandate, salt]) => ({ mandate, salt }))
  }

  get(mandate: string): string | undefined {
    return this.#salts.get(mandate)
  }

  /** Keeps a salt; durable when it resolves. @throws WuslaError `file_exists` when the mandate has one */
  async keep({ mandate, salt }: MandateSalt): Promise<void> {
    await writePrivateFile(this.#fileOf(mandate), salt, { mode: 'create' })
    this.#salts.set(mandate, salt)
  }

  /** Removes the salt of a mandate that is sure not to be granted. */
  async forget(mandate: string): Promise<void> {
    this.#salts.delete(mandate)
    await rm(this.#fileOf(mandate), { force: true })
  }

  #fileOf(mandate: string): string {
    return join(this.#directory, `${mandate}${ENDING}`)
  }
}
