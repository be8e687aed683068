import { existsSync, readFileSync, statSync } from 'node:fs'
import { formatTime, type Clock } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { writePrivateFile } from '../trust/private-file.ts'
import { type ApiRole, createApiToken, MAX_TOKENS, type StoredToken, tokenProblems } from './api-tokens.ts'

/** Where an actor keeps its API tokens, below its state folder. */
export const API_TOKENS_FILE = 'api-tokens.json'

/** A token as it may be shown: enough to recognise and revoke it. */
export interface ShownToken {
  /** The beginning of its digest. */
  readonly id: string
  readonly role: ApiRole
  readonly label?: string
  readonly createdAt?: string
}

const ID_LENGTH = 12

/**
 * The API tokens of an actor, one file of digests. Whoever changes the file, this process or the command line beside it,
 * the next request is judged by what it then says: a token that was revoked is refused at once.
 */
export class TokenStore {
  readonly #file: string
  readonly #clock: Clock
  #seen = ''
  #tokens: readonly StoredToken[] = []
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(file: string, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  /** Reads the file; none means no tokens. @throws WuslaError `config_invalid` when it is damaged */
  static open(file: string, clock: Clock): TokenStore {
    const store = new TokenStore(file, clock)
    store.#read()
    return store
  }

  /** The tokens of this moment. None at all while the file is damaged: who is unsure lets nobody in. */
  readonly current = (): readonly StoredToken[] => {
    try {
      this.#read()
    } catch {
      this.#seen = ''
      this.#tokens = []
    }
    return this.#tokens
  }

  list(): ShownToken[] {
    this.#read()
    return this.#tokens.map(({ role, sha256, label, createdAt }) => ({
      id: sha256.slice(0, ID_LENGTH),
      role,
      ...(label === undefined ? {} : { label }),
      ...(createdAt === undefined ? {} : { createdAt }),
    }))
  }

  /** Makes a token. The text is given once and cannot be read back. @throws WuslaError `overloaded` at 1,000 tokens */
  async create(role: ApiRole, label?: string): Promise<ShownToken & { readonly token: string }> {
    const { token, stored } = createApiToken(role)
    const createdAt = formatTime(this.#clock.nowMs())
    const named = label === undefined ? {} : { label }
    await this.#change((now) => {
      if (now.length >= MAX_TOKENS) throw new WuslaError('overloaded', { message: 'There are 1,000 tokens.' })
      return [...now, { ...stored, ...named, createdAt }]
    })
    return { id: stored.sha256.slice(0, ID_LENGTH), role, ...named, createdAt, token }
  }

  /**
   * Ends a token at once.
   *
   * @throws WuslaError `not_found`, `conflict` when it is the last one of the role `admin`
   */
  async revoke(id: string): Promise<void> {
    await this.#change((now) => {
      const rest = now.filter(({ sha256 }) => sha256.slice(0, ID_LENGTH) !== id)
      if (rest.length === now.length) throw new WuslaError('not_found', { details: { token: id } })
      const hadAdmin = now.some(({ role }) => role === 'admin')
      if (hadAdmin && !rest.some(({ role }) => role === 'admin')) {
        throw new WuslaError('conflict', { message: 'This is the last admin token; make another one first.' })
      }
      return rest
    })
  }

  async #change(changed: (now: readonly StoredToken[]) => readonly StoredToken[]): Promise<void> {
    const run = this.#tail.then(async () => {
      this.#read()
      await writePrivateFile(this.#file, `${JSON.stringify(changed(this.#tokens))}\n`)
    })
    this.#tail = run.catch(() => undefined)
    await run
  }

  // Each write puts a new file in place, so its number, time and size tell whether it is another one.
  #read(): void {
    if (!existsSync(this.#file)) {
      this.#tokens = []
      this.#seen = ''
      return
    }
    const { ino, mtimeMs, size } = statSync(this.#file)
    const mark = `${ino} ${mtimeMs} ${size}`
    if (mark === this.#seen) return
    this.#tokens = decode(readFileSync(this.#file, 'utf8'))
    this.#seen = mark
  }
}

function decode(text: string): readonly StoredToken[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new WuslaError('config_invalid', { details: { problems: [`${API_TOKENS_FILE}: not JSON`] }, cause })
  }
  const problems = tokenProblems(value).map((problem) => `${API_TOKENS_FILE}${problem}`)
  if (problems.length > 0) throw new WuslaError('config_invalid', { details: { problems } })
  return value as readonly StoredToken[]
}
