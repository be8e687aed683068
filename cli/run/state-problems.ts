import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tokenProblems } from '../../src/admin-api/api-tokens.ts'
import { API_TOKENS_FILE } from '../../src/admin-api/token-store.ts'
import { isWuslaError, WuslaError } from '../../src/protocol/wusla-error.ts'
import type { SealKey } from '../../src/trust/seal-key.ts'
import { readPeerIdentity, tlsKeyOf } from '../../src/trust/tls-identity.ts'
import { keyIdOf } from '../../src/protocol/digest.ts'
import { readJson } from './read-json.ts'

/**
 * Everything that is wrong in a state folder, gathered file by file: an operator corrects all of it at once instead of
 * starting the actor once for each mistake. No problem repeats a value.
 */
export class StateProblems {
  readonly #directory: string
  readonly #found: string[] = []

  constructor(directory: string) {
    this.#directory = directory
  }

  get all(): readonly string[] {
    return this.#found
  }

  /** Adds problems of a file, each `/place: what`. */
  add(file: string, problems: readonly string[]): void {
    this.#found.push(...problems.map((problem) => `${file} ${problem}`))
  }

  /** What `read` gives, or undefined after its refusal has been noted as a problem of `file`. */
  async read<Value>(file: string, read: () => Value | Promise<Value>): Promise<Value | undefined> {
    try {
      return await read()
    } catch (error) {
      this.add(file, problemsOf(error))
      return undefined
    }
  }

  /** @throws WuslaError `config_invalid` with every problem, if there is one */
  assertNone(): void {
    if (this.#found.length === 0) return
    throw new WuslaError('config_invalid', {
      details: { directory: this.#directory, problems: [...this.#found] },
    })
  }
}

function problemsOf(error: unknown): string[] {
  if (isWuslaError(error)) {
    const { problems, file } = error.details
    if (Array.isArray(problems) && problems.length > 0) return problems.map((problem) => textOf(problem))
    return [`/: ${error.message} (${error.code}${typeof file === 'string' ? `, ${file}` : ''})`]
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  // What the operating system or its cryptography says of a file; anything else is a defect and keeps its stack.
  if (typeof code !== 'string') throw error
  return [`/: cannot be read (${code})`]
}

function textOf(problem: unknown): string {
  if (typeof problem === 'string') return problem.startsWith('/') ? problem : `/${problem}`
  const { path, problem: text } = problem as { path: string; problem: string }
  return `${path || '/'}: ${text}`
}

/** Looks whether an actor could use its API tokens. @throws WuslaError `file_unreadable`, `config_invalid` */
export async function checkApiTokens(stateDirectory: string): Promise<void> {
  const problems = tokenProblems(await readJson(join(stateDirectory, API_TOKENS_FILE)))
  if (problems.length > 0) throw new WuslaError('config_invalid', { details: { problems } })
}

/**
 * The certificate chain of a node in PEM, leaf first, after a look whether it is the one of this node and its TLS key.
 * Whether its issuer is believed is for the other end to say; an old one is renewed.
 *
 * @param file - below the state folder. Default: where it stands when no change of the TLS key was interrupted
 * @throws WuslaError `file_unreadable`, `invalid_certificate`
 */
export async function readCertificateChain(
  stateDirectory: string,
  owner: { readonly network: string; readonly id: string; readonly tlsKey: SealKey },
  file = 'keys/chain.pem',
): Promise<string> {
  const chain = await readFile(join(stateDirectory, file), 'utf8').catch((cause: unknown) => {
    throw new WuslaError('file_unreadable', { details: { file }, cause })
  })
  let leaf: X509Certificate
  try {
    leaf = new X509Certificate(chain)
  } catch (cause) {
    throw new WuslaError('invalid_certificate', { message: 'It is no certificate in PEM.', cause })
  }
  if (readPeerIdentity(leaf, owner.network).id !== owner.id)
    throw new WuslaError('invalid_certificate', { message: 'The certificate is that of another node.' })
  if (tlsKeyOf(leaf) !== keyIdOf(owner.tlsKey.publicKeyDer))
    throw new WuslaError('invalid_certificate', { message: 'The certificate is that of another key.' })
  return chain
}
