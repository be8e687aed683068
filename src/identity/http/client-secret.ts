import type { ClientAuth } from 'oauth4webapi'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { HiddenText } from '../hidden-text.ts'

/** Reads a small text file. Passed in, so that a test needs no disk. */
export type ReadText = (path: string) => Promise<string>

/**
 * The secret in a file, without the line break at its end. It is read at each use, so a new secret needs no restart.
 *
 * @param setting - place in the configuration, for the error
 * @throws WuslaError `config_invalid` when the file cannot be read or is empty
 */
export async function readSecret(readText: ReadText, file: string, setting: string): Promise<HiddenText> {
  let text: string
  try {
    text = (await readText(file)).replace(/\r?\n$/, '')
  } catch (error) {
    throw new WuslaError('config_invalid', {
      details: { problems: [`${setting}: the file cannot be read`] },
      cause: error,
    })
  }
  if (text === '')
    throw new WuslaError('config_invalid', { details: { problems: [`${setting}: the file is empty`] } })
  return new HiddenText(text)
}

/**
 * HTTP Basic with the client's identifier and secret as they are, as the documentation shows it. (RFC 6749 2.3.1 would have them
 * form-encoded first; servers of this family compare the plain text, and `sandbox_stage` must not become `sandbox%5Fstage`.)
 */
export function plainBasic(secret: HiddenText): ClientAuth {
  return (_server, client, _body, headers) => {
    const pair = Buffer.from(`${client.client_id}:${secret.reveal()}`, 'utf8')
    headers.set('authorization', `Basic ${pair.toString('base64')}`)
  }
}
