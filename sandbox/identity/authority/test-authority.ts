import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { KeyedCertificate } from './keyed-certificate.ts'

/** Everything the stand-in signs with. */
export interface TestAuthority {
  readonly root: KeyedCertificate
  /** Below the root: issues to persons, seals, the time-stamping authority and the OCSP responder. */
  readonly issuing: KeyedCertificate
  readonly timeStamp: KeyedCertificate
  readonly ocsp: KeyedCertificate
  /** By the name of the persona; who has no Emirates ID has no certificate. */
  readonly persons: Readonly<Record<string, KeyedCertificate>>
  /** The electronic seal of an entity. */
  readonly seal: KeyedCertificate
}

/** Under the arc of the country, in a number that no authority uses. */
export const POLICIES = {
  advanced: '2.16.784.99999.1',
  qualified: '2.16.784.99999.2',
  timeStamp: '2.16.784.99999.3',
} as const

const MAKER = fileURLToPath(
  new URL(
    `make-authority-process${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
    import.meta.url,
  ),
)

/** Ten pairs of RSA keys take a second or two, on a busy machine more. */
const TIME_LIMIT_MS = 60_000

/**
 * The keys and certificates in this folder; made at the first call, in a process of its own, and the same ever after.
 *
 * @param url - under which the stand-in is reached: certificates say where their status and issuer are found
 */
export async function openTestAuthority(folder: string, url: string): Promise<TestAuthority> {
  const file = join(folder, 'authority.json')
  if (!existsSync(file))
    await promisify(execFile)(process.execPath, [MAKER, file, url], { timeout: TIME_LIMIT_MS })
  return JSON.parse(await readFile(file, 'utf8'), textAsBytes) as TestAuthority
}

/** For `JSON.stringify`: bytes as base64. */
export function bytesAsText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value
}

function textAsBytes(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'base64' in value
    ? new Uint8Array(Buffer.from(String(value.base64), 'base64'))
    : value
}
