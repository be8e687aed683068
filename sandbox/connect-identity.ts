import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { writePrivateFile } from '../src/trust/private-file.ts'
import { callAdmin } from './drive.ts'
import { identityDirectory } from './layout.ts'
import { readNote } from './read-note.ts'
import type { StandInControl } from './sign-as.ts'

/** What the running stand-in tells those who connect to it. */
export interface RunningStandIn extends StandInControl {
  readonly client: { readonly id: string; readonly secret: string }
}

interface GatewayFile {
  readonly admin: { readonly listen: string }
  readonly identity?: object
}

const SECRET_FILE = 'identity.secret'

/** How often a gateway asks whether somebody has signed. Unit: ms. */
const POLL_MS = 100

/** The stand-in as it says itself; `undefined` while it is being started. */
export function runningStandIn(state: string): RunningStandIn | undefined {
  return readNote(join(identityDirectory(state), 'running.json')) as RunningStandIn | undefined
}

/**
 * Lets officials sign at a gateway that has joined and does not run: writes where its provider is, and registers with the provider where browsers
 * come back to. A gateway that is connected already, to whomever, stays as it is. Its admin API gets a port of its own for good:
 * the provider compares the address byte for byte.
 */
export async function connectIdentity(directory: string, standIn: RunningStandIn): Promise<void> {
  const file = join(directory, 'gateway.json')
  const config = JSON.parse(await readFile(file, 'utf8')) as GatewayFile
  if (config.identity !== undefined) return
  const listen = await withPort(config.admin.listen)
  const publicUrl = `http://${listen}`
  const redirectUri = `${publicUrl}/sign/callback`
  const { client, url, controlToken } = standIn
  // First there, then here: a gateway whose file names the provider is known to it.
  await callAdmin(url, controlToken, 'POST', `/control/clients/${client.id}/redirect-uris`, {
    redirectUris: [redirectUri],
  })
  await writePrivateFile(join(directory, SECRET_FILE), `${client.secret}\n`)
  const identity = { publicUrl, uaePass: settings(standIn, redirectUri) }
  const connected = { ...config, admin: { listen }, identity, testAuthorities: true }
  await writePrivateFile(file, `${JSON.stringify(connected, null, 2)}\n`)
}

function settings({ url, client }: RunningStandIn, redirectUri: string): object {
  const credentials = { clientId: client.id, secretFile: SECRET_FILE }
  return {
    provider: 'uae-pass-stand-in',
    authorize: `${url}/idshub/authorize`,
    token: `${url}/idshub/token`,
    userinfo: `${url}/idshub/userinfo`,
    introspect: `${url}/idshub/introspect`,
    ...credentials,
    redirectUri,
    signing: {
      token: `${url}/trustedx-authserver/oauth/main-as/token`,
      processes: `${url}/trustedx-resources/esignsp/v2/signer_processes`,
      documents: `${url}/trustedx-resources/esignsp/v2/documents`,
      ...credentials,
    },
    pollMs: POLL_MS,
  }
}

/** The address with a port that was free a moment ago in the place of 0. */
async function withPort(listen: string): Promise<string> {
  const host = listen.slice(0, listen.lastIndexOf(':'))
  if (!listen.endsWith(':0')) return listen
  const server = createServer().listen(0, host.replace(/^\[|\]$/g, ''))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `${host}:${port}`
}
