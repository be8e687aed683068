import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { enrolmentKey } from '../../src/directory/enrolment-key.ts'
import { isWuslaError, WuslaError } from '../../src/protocol/wusla-error.ts'
import { createCertificateRequest } from '../../src/trust/certificate-request.ts'
import type { EnrolmentToken } from '../../src/trust/enrolment-token.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import type { SoftwareSealKey } from '../../src/trust/seal-key.ts'
import { decodeSignedChange, encodeSignedChange, type SignedChange } from '../../src/trust/signed-change.ts'
import { enrol } from './enrol.ts'

/** Where a join keeps what it asks for until it is finished. Holds signatures, no secret. */
const FILE = 'joining.json'

/** Failures after which the change may be in the log, from this attempt or an earlier one. */
const UNDECIDED: ReadonlySet<string> = new Set(['registry_unreachable', 'too_many_requests'])

/**
 * Makes the state folder of a new actor, or finds the one that an unfinished join left.
 *
 * @param settings - the file that is written last: with it the join is finished
 * @throws WuslaError `file_exists` when an actor has joined with this folder already
 */
export async function beginJoin(directory: string, settings: string): Promise<void> {
  const file = join(directory, settings)
  if (existsSync(file) && !existsSync(join(directory, FILE)))
    throw new WuslaError('file_exists', { details: { file } })
  await mkdir(join(directory, 'keys'), { recursive: true, mode: 0o700 })
}

/** The change an unfinished join with this token asked for: whether it is in the log, nobody here knows. */
export async function unfinishedChange(
  directory: string,
  token: EnrolmentToken,
): Promise<SignedChange | undefined> {
  const file = join(directory, FILE)
  if (!existsSync(file)) return undefined
  const signed = decodeSignedChange(await readFile(file, 'utf8'))
  const { publicKey } = enrolmentKey(token.secret)
  return signed.signatures.some(({ key }) => key === publicKey) ? signed : undefined
}

/**
 * Enrols. The change is durable here before the registry hears of it, so a join whose answer was lost asks for the very
 * same again, and the registry answers what it answered before: the token is not used up. A change that the registry
 * refused is forgotten, so that the next attempt may ask for another.
 *
 * @returns the certificate chain in PEM
 * @throws WuslaError `registry_unreachable`: repeat the join; else the registry's refusal
 */
export async function enrolRepeatably(
  directory: string,
  registryUrl: string,
  signed: SignedChange,
  tlsKey: SoftwareSealKey,
): Promise<string> {
  await writePrivateFile(join(directory, FILE), encodeSignedChange(signed))
  try {
    const enrolled = await enrol(registryUrl, signed, await createCertificateRequest(tlsKey))
    return enrolled.certificateChain
  } catch (error) {
    if (isWuslaError(error) && !UNDECIDED.has(error.code)) await rm(join(directory, FILE))
    throw error
  }
}

/** The settings are written: the join is finished and cannot be repeated. */
export async function finishJoin(directory: string): Promise<void> {
  await rm(join(directory, FILE))
}
