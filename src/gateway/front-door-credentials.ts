import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { WuslaError } from '../protocol/wusla-error.ts'
import { readPrivateFile } from '../trust/private-file.ts'

/** Reads what the HTTPS front door shows. Files are relative to the state folder. @throws WuslaError `file_unreadable`, `secret_exposed` */
export async function readServerCredentials(
  stateDirectory: string,
  https: { readonly listen: string; readonly certificate: string; readonly key: string },
): Promise<{ host: string; port: number; cert: string; key: string }> {
  const at = https.listen.lastIndexOf(':')
  const file = resolve(stateDirectory, https.certificate)
  const cert = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new WuslaError('file_unreadable', { details: { file }, cause })
  })
  const key = await readPrivateFile(resolve(stateDirectory, https.key))
  return { host: https.listen.slice(0, at), port: Number(https.listen.slice(at + 1)), cert, key }
}
