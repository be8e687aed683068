import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { PDFDocument } from '@cantoo/pdf-lib'
import { FINISH_URI, RETURN_URI, TestStandIn } from '../../sandbox/identity/testing/stand-in-client.ts'
import { PERSONAS } from '../../sandbox/identity/personas.ts'
import type {
  DocumentSigningPort,
  DocumentToSign,
  SigningRequest,
} from '../../src/identity/document-signing.ts'
import type { IdentityEvent } from '../../src/identity/identity-event.ts'
import type { LoginAnswer, LoginPort } from '../../src/identity/login.ts'
import type { Person } from '../../src/identity/person.ts'
import { signedDocumentReader } from '../../src/identity/signed-document-reader.ts'
import type { UaePassSettings } from '../../src/identity/uae-pass-settings.ts'
import { openUaePass } from '../../src/identity/uae-pass.ts'

/** Stands between adapter and stand-in: another answer, or undefined for the true one. */
export type Meddle = (path: string, answer: () => Promise<Response>) => Promise<Response> | undefined

/** An installation of the UAE PASS adapter that talks to a stand-in of its own over HTTP. */
export class UaePassInstallation {
  readonly standIn: TestStandIn
  readonly settings: UaePassSettings
  readonly login: LoginPort
  readonly signing: DocumentSigningPort
  readonly events: IdentityEvent[] = []
  /** `METHOD path` of what the adapter asked, in order. */
  readonly asked: string[] = []
  /** What must be in no error and no event: secrets, tokens, codes, identity numbers, names. */
  readonly #sensitive = new Set<string>()
  readonly #secrets: Readonly<Record<string, string>>
  #aheadMs = 0
  meddle: Meddle = () => undefined

  private constructor(standIn: TestStandIn, stepUp: Credentials) {
    this.standIn = standIn
    const { client } = standIn.standIn
    this.#secrets = { login: client.secret, 'step-up': stepUp.secret, signing: client.secret }
    this.settings = settingsFor(standIn.url, client.id, stepUp.id)
    for (const secret of [client.secret, stepUp.secret]) this.#sensitive.add(secret)
    for (const { emiratesId, mobile, en, ar } of PERSONAS)
      for (const text of [emiratesId, mobile, en.last, ar.last])
        if (text !== undefined) this.#sensitive.add(text)
    const { login, documentSigning } = this.#open(this.settings)
    assert.ok(documentSigning !== undefined)
    this.login = login
    this.signing = documentSigning
  }

  /** @param waitMs - what a slow telephone waits with */
  static async start(waitMs?: (ms: number) => Promise<void>): Promise<UaePassInstallation> {
    const standIn = await TestStandIn.start(waitMs)
    const { json } = await standIn.control('POST', '/clients', { redirectUris: [RETURN_URI], stepUp: true })
    return new UaePassInstallation(standIn, json as unknown as Credentials)
  }

  /** Nothing goes wrong any more. */
  async calm(): Promise<void> {
    this.meddle = () => undefined
    await this.standIn.switches({})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.standIn[Symbol.asyncDispose]()
  }

  /** The same stand-in with other settings or secrets. */
  open(change: Partial<UaePassSettings>, secret?: string): ReturnType<typeof openUaePass> {
    if (secret !== undefined && secret !== '') this.#sensitive.add(secret)
    return this.#open({ ...this.settings, ...change }, secret)
  }

  /** Moves the clocks of both. */
  advance(ms: number): void {
    this.#aheadMs += ms
    this.standIn.advance(ms)
  }

  /** Begins a login and lets a persona answer it. */
  async visit(persona: string, answer?: 'approve' | 'refuse', confirm?: Person): Promise<LoginAnswer> {
    return this.visitWith(this.login, persona, answer, confirm)
  }

  async visitWith(
    login: LoginPort,
    persona: string,
    answer?: 'approve' | 'refuse',
    confirm?: Person,
  ): Promise<LoginAnswer> {
    const begun = await login.begin({ language: 'ar', ...(confirm === undefined ? {} : { confirm }) })
    this.#sensitive.add(begun.binding.reveal())
    const { searchParams } = new URL(await this.standIn.answer(begun.address, persona, answer))
    for (const name of ['code', 'state'])
      this.#sensitive.add(searchParams.get(name) ?? begun.binding.reveal())
    return { parameters: searchParams, binding: begun.binding.reveal() }
  }

  /** Logs a persona in. */
  async logIn(persona: string): Promise<Person> {
    return this.login.finish(await this.visit(persona))
  }

  /** Fails unless the promise rejects with this code, and without anything sensitive in the error or any event so far. */
  async rejects(promise: Promise<unknown>, code: string, details?: object): Promise<void> {
    await assert.rejects(promise, (error: Error) => {
      assert.ok('code' in error && 'details' in error, inspect(error))
      assert.equal(error.code, code, inspect(error))
      if (details !== undefined) assert.deepEqual(error.details, details)
      this.assertSilent(error)
      return true
    })
  }

  /** Fails when something sensitive is in a value or in any event so far. */
  assertSilent(value: unknown): void {
    assert.ok(this.#sensitive.size > 20)
    const seen = inspect([value, this.events], { depth: 20, showHidden: true, maxArrayLength: null })
    for (const text of this.#sensitive) assert.ok(!seen.includes(text), `${text} is in ${seen}`)
  }

  #open(settings: UaePassSettings, secret?: string): ReturnType<typeof openUaePass> {
    return openUaePass(settings, {
      reader: signedDocumentReader,
      onEvent: (event) => this.events.push(event),
      fetch: async (input, init) => this.#fetch(new Request(input).url, init),
      clock: { nowMs: () => Date.now() + this.#aheadMs },
      readText: (file) => Promise.resolve(`${secret ?? this.#secrets[file] ?? ''}\n`),
    })
  }

  async #fetch(address: string, init: RequestInit | undefined): Promise<Response> {
    const path = `${init?.method ?? 'GET'} ${new URL(address).pathname}`
    this.asked.push(path)
    const answer = (): Promise<Response> => fetch(address, init)
    const response = await (this.meddle(path, answer) ?? answer())
    if (!path.endsWith('/token')) return response
    const { access_token: token } = (await response.clone().json()) as { readonly access_token?: string }
    if (token !== undefined) this.#sensitive.add(token)
    return response
  }
}

interface Credentials {
  readonly id: string
  readonly secret: string
}

function settingsFor(url: string, clientId: string, stepUpId: string): UaePassSettings {
  return {
    authorize: `${url}/idshub/authorize`,
    token: `${url}/idshub/token`,
    userinfo: `${url}/idshub/userinfo`,
    introspect: `${url}/idshub/introspect`,
    clientId,
    secretFile: 'login',
    redirectUri: RETURN_URI,
    stepUp: { clientId: stepUpId, secretFile: 'step-up', redirectUri: RETURN_URI, knownBy: 'email' },
    signing: {
      token: `${url}/trustedx-authserver/oauth/main-as/token`,
      processes: `${url}/trustedx-resources/esignsp/v2/signer_processes`,
      documents: `${url}/trustedx-resources/esignsp/v2/documents`,
      clientId,
      secretFile: 'signing',
    },
    pollMs: 50,
  }
}

/** A PDF of one page. */
export async function onePage(): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  document.addPage([300, 200])
  return document.save({ useObjectStreams: false })
}

/** A document to sign, invisibly. */
export function documentOf(
  pdf: Uint8Array,
  name: string = 'agreement',
  field: string = 'Sign1',
): DocumentToSign {
  return { name, pdf, field: { name: field, page: 'last', rectangle: { x: 0, y: 0, width: 0, height: 0 } } }
}

/** A request for qualified signatures. */
export function requestOf(person: Person, ...documents: readonly DocumentToSign[]): SigningRequest {
  return { person, required: 'qualified', documents, callback: FINISH_URI, language: 'ar' }
}
