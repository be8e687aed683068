import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { parseLinkAddress } from '../transport/link-address.ts'
import { readPrivateFile } from '../trust/private-file.ts'

/**
 * Reads what the HTTPS front door shows. Files are relative to the state folder.
 *
 * @throws WuslaError `config_invalid` with every problem and its place in `gateway.json`
 */
export async function readServerCredentials(
  stateDirectory: string,
  https: { readonly listen: string; readonly certificate: string; readonly key: string },
): Promise<{ host: string; port: number; cert: string; key: string }> {
  const address = parseLinkAddress(https.listen)
  const cert = await readFile(resolve(stateDirectory, https.certificate), 'utf8').catch(() => undefined)
  const key = await readPrivateFile(resolve(stateDirectory, https.key)).catch((error: unknown) =>
    isWuslaError(error) && error.code === 'secret_exposed' ? EXPOSED : undefined,
  )
  const problems = [
    ...(address === undefined ? ['/frontDoor/https/listen: must be host:port'] : []),
    ...(cert === undefined ? ['/frontDoor/https/certificate: the file cannot be read'] : []),
    ...(key === undefined ? ['/frontDoor/https/key: the file cannot be read'] : []),
    ...(key === EXPOSED
      ? ['/frontDoor/https/key: everybody on the machine may read or change the file']
      : []),
  ]
  if (cert !== undefined && key !== undefined && key !== EXPOSED && !fits(cert, key))
    problems.push('/frontDoor/https: certificate and key are not in PEM, or do not belong together')
  if (address === undefined || cert === undefined || key === undefined || problems.length > 0)
    throw new WuslaError('config_invalid', { details: { problems } })
  return { ...address, cert, key }
}

/** Stands for a key that was not read. */
const EXPOSED = ''

function fits(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}
