import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import formBody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import fastify, { type FastifyInstance } from 'fastify'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { addAuthorityRoutes } from './authority/authority-routes.ts'
import { openTestAuthority } from './authority/test-authority.ts'
import { type Client, Clients, newClient } from './clients.ts'
import { addControlRoutes } from './control/control-routes.ts'
import { SwitchBoard } from './control/switches.ts'
import { DocumentWorkshop } from './documents/document-workshop.ts'
import { ExpiringEntries } from './expiring-entries.ts'
import { LoginDesk } from './login/login-desk.ts'
import { addLoginRoutes } from './login/login-routes.ts'
import { signAsPersona } from './signing/sign-as-persona.ts'
import { addSigningRoutes } from './signing/signing-routes.ts'
import { SigningDesk } from './signing/signing-desk.ts'
import { addSoapRoutes } from './soap/soap-routes.ts'

/** Where a stand-in lives. */
export interface StandInOptions {
  /** Its folder: keys, certificates and the client that the sandbox uses. */
  readonly state: string
  /** On 127.0.0.1. Certificates name it, so a folder keeps to one port. */
  readonly port: number
  readonly now: () => Date
  readonly waitMs: (ms: number) => Promise<void>
}

/** A running stand-in. */
export interface StandIn {
  readonly url: string
  readonly controlToken: string
  readonly client: Client
  readonly close: () => Promise<void>
}

/** What is kept beside the authority. */
interface Kept {
  readonly controlToken: string
  readonly client: Client
}

const MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
const MAX_TOKENS = 1_000

/** Starts the stand-in of the national digital identity; resolves when it answers. The first start makes its keys. */
export async function startStandIn({ state, port, now, waitMs }: StandInOptions): Promise<StandIn> {
  await mkdir(state, { recursive: true })
  const url = `http://127.0.0.1:${port}`
  const authority = await openTestAuthority(state, url)
  const { controlToken, client } = await openKept(state)
  const switches = new SwitchBoard()
  const clients = new Clients([client])
  const workshop = new DocumentWorkshop()
  const login = new LoginDesk(clients, switches, now)
  const timeStampUrl = `${url}/authority/time-stamp`
  const signing = new SigningDesk(
    switches,
    signAsPersona({ authority, switches, workshop, timeStampUrl, now }),
    waitMs,
  )
  const tokens = new ExpiringEntries<string>(now, MAX_TOKENS)
  const server = await newServer()
  addLoginRoutes(server, { clients, desk: login, switches, waitMs })
  addSigningRoutes(server, { clients, desk: signing, switches, tokens, url })
  addSoapRoutes(server, { authority, clients, switches, workshop, timeStampUrl, now })
  addAuthorityRoutes(server, { authority, switches, now })
  const expireSigningTokens = (): void => tokens.clear()
  let kept = Promise.resolve()
  const keepClient = async (): Promise<void> => {
    // One after the other, each with what is true by then: the last one writes the newest.
    const writing = kept.then(
      async () => await keep(state, { controlToken, client: clients.get(client.id) ?? client }),
    )
    kept = writing.catch(() => undefined)
    await writing
  }
  addControlRoutes(server, {
    clients,
    login,
    signing,
    switches,
    waitMs,
    expireSigningTokens,
    controlToken,
    url,
    keepClient,
  })
  await server.listen({ host: '127.0.0.1', port })
  const close = async (): Promise<void> => {
    await server.close()
    workshop.close()
  }
  return { url, controlToken, client, close }
}

async function newServer(): Promise<FastifyInstance> {
  const server = fastify({ bodyLimit: MAX_DOCUMENT_BYTES, forceCloseConnections: true })
  await server.register(formBody)
  await server.register(multipart, {
    attachFieldsToBody: true,
    limits: { fileSize: MAX_DOCUMENT_BYTES, files: 2, fields: 20, fieldSize: 1_000_000 },
  })
  return server
}

async function openKept(state: string): Promise<Kept> {
  const file = join(state, 'client.json')
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Kept
  const kept = { controlToken: randomBytes(24).toString('base64url'), client: newClient([], false) }
  await keep(state, kept)
  return kept
}

/** A provider does not forget the addresses of its clients when it is started again. */
async function keep(state: string, kept: Kept): Promise<void> {
  await writePrivateFile(join(state, 'client.json'), `${JSON.stringify(kept, null, 2)}\n`)
}
