import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VerifiedSignature } from '../documents/document-job.ts'
import { DocumentWorkshop } from '../documents/document-workshop.ts'
import { type StandIn, startStandIn } from '../start-stand-in.ts'
import { freePort } from './free-port.ts'

/** Where clients of tests are sent back to. Nobody listens there: tests read the address. */
export const RETURN_URI = 'http://127.0.0.1:9/back?from=login'
export const FINISH_URI = 'http://127.0.0.1:9/signed?from=signing'

const RESOURCES = '/trustedx-resources/esignsp/v2'
const LOW = 'urn:safelayer:tws:policies:authentication:level:low'

interface Clock {
  aheadMs: number
  stoppedMs: number | undefined
}

/** A stand-in on a port of its own, with a clock that tests move, and stop. */
export class TestStandIn {
  readonly standIn: StandIn
  readonly #clock: Clock
  readonly #state: string
  readonly #workshop = new DocumentWorkshop()

  private constructor(standIn: StandIn, clock: Clock, state: string) {
    this.standIn = standIn
    this.#clock = clock
    this.#state = state
  }

  /** @param waitMs what a slow telephone waits with. Default: not at all. */
  static async start(waitMs: (ms: number) => Promise<void> = async () => {}): Promise<TestStandIn> {
    const state = mkdtempSync(join(tmpdir(), 'stand-in-'))
    const clock: Clock = { aheadMs: 0, stoppedMs: undefined }
    const standIn = await startStandIn({
      state,
      port: await freePort(),
      now: () => new Date((clock.stoppedMs ?? Date.now()) + clock.aheadMs),
      waitMs,
    })
    const started = new TestStandIn(standIn, clock, state)
    await started.control('POST', `/clients/${standIn.client.id}/redirect-uris`, {
      redirectUris: [RETURN_URI],
    })
    return started
  }

  /** Every signature of a PDF, as the stand-in's own verification sees it. */
  async verify(pdf: Uint8Array): Promise<readonly VerifiedSignature[]> {
    return await this.#workshop.verify(pdf)
  }

  get url(): string {
    return this.standIn.url
  }

  get basic(): string {
    return basicOf(this.standIn.client)
  }

  advance(ms: number): void {
    this.#clock.aheadMs += ms
  }

  /**
   * From now on the clock moves only by {@link advance}: what lasts to the second must not depend on how busy this machine is.
   *
   * @returns lets it go on
   */
  stopClock(): Disposable {
    this.#clock.stoppedMs = Date.now()
    return { [Symbol.dispose]: () => void (this.#clock.stoppedMs = undefined) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#workshop.close()
    await this.standIn.close()
    rmSync(this.#state, { recursive: true, force: true })
  }

  /** Calls the control API. */
  async control(method: string, path: string, body?: object): Promise<{ status: number; json: Json }> {
    const response = await fetch(`${this.url}/control${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.standIn.controlToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: (text === '' ? {} : JSON.parse(text)) as Json }
  }

  /** Sets switches, with all others off. */
  async switches(change: object): Promise<void> {
    await this.control('DELETE', '/switches')
    assert.equal((await this.control('PUT', '/switches', change)).status, 200)
  }

  /** What a person does with a browser at this address. @returns where the browser is sent */
  async answer(url: string, persona: string, answer: 'approve' | 'refuse' = 'approve'): Promise<string> {
    const { json } = await this.control('POST', '/answer', { url, persona, answer })
    return String(json['redirect'])
  }

  authoriseUrl(change: Readonly<Record<string, string | undefined>> = {}): string {
    const parameters = {
      response_type: 'code',
      client_id: this.standIn.client.id,
      redirect_uri: RETURN_URI,
      state: 'state-1',
      ui_locales: 'ar',
      scope: 'urn:uae:digitalid:profile:general',
      acr_values: LOW,
      ...change,
    }
    const present = Object.entries(parameters).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    return `${this.url}/idshub/authorize?${new URLSearchParams(present).toString()}`
  }

  /** Logs a persona in. @returns the access token */
  async logIn(persona: string, scope = 'urn:uae:digitalid:profile:general'): Promise<string> {
    const back = new URL(await this.answer(this.authoriseUrl({ scope }), persona))
    const form = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: RETURN_URI,
    }
    const { json } = await this.post('/idshub/token', form)
    return String(json['access_token'])
  }

  /** Posts a form with Basic authentication. */
  async post(path: string, form: Record<string, string>, authorization = this.basic): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: authorization === '' ? {} : { authorization },
      body: new URLSearchParams(form),
    })
    return { status: response.status, json: (await response.json()) as Json }
  }

  async signingToken(): Promise<string> {
    const form = { grant_type: 'client_credentials', scope: 'urn:safelayer:eidas:sign:process:document' }
    const { json } = await this.post('/trustedx-authserver/oauth/main-as/token', form)
    return String(json['access_token'])
  }

  /** Starts the signing of one document. */
  async startSigning(pdf: Uint8Array<ArrayBuffer>, field: FieldWish, token?: string): Promise<Started> {
    const form = new FormData()
    form.append('process', JSON.stringify({ ...processBody(), signer: signerBody(field) }))
    form.append('document', new Blob([pdf], { type: 'application/pdf' }), 'agreement.pdf')
    const bearer = token ?? (await this.signingToken())
    const { status, json } = await this.call('POST', `${RESOURCES}/signer_processes`, bearer, form)
    assert.equal(status, 201, JSON.stringify(json))
    return { ...(json as unknown as Omit<Started, 'page'>), page: taskUrl(json) }
  }

  /** Calls with a bearer token; a string as path may be a whole address. */
  async call(method: string, path: string, token: string, body?: FormData | object): Promise<Answer> {
    const isForm = body instanceof FormData
    const response = await fetch(path.startsWith('http') ? path : `${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: (text === '' ? {} : JSON.parse(text)) as Json }
  }

  async download(address: string): Promise<Uint8Array<ArrayBuffer>> {
    const headers = { authorization: `Bearer ${await this.signingToken()}` }
    const response = await fetch(address, { headers })
    assert.equal(response.status, 200)
    return new Uint8Array(await response.arrayBuffer())
  }

  /** From start to download. */
  async sign(
    pdf: Uint8Array<ArrayBuffer>,
    field: FieldWish,
    persona: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const process = await this.startSigning(pdf, field)
    const back = await this.answer(process.page, persona)
    assert.equal(new URL(back).searchParams.get('status'), 'finished')
    return await this.download(process.documents[0]?.content ?? '')
  }
}

export type Json = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  readonly json: Json
}

export interface FieldWish {
  readonly name: string
  readonly page?: number | 'last'
  readonly rectangle?: readonly [left: number, bottom: number, right: number, top: number]
}

export interface Started {
  readonly self: string
  readonly id: string
  /** Where the person's browser goes. */
  readonly page: string
  readonly documents: readonly { readonly id: string; readonly content: string }[]
}

export function basicOf({ id, secret }: { readonly id: string; readonly secret: string }): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}

/** A process as the documentation shows it, without its signer. */
export function processBody(): Json {
  return {
    process_type: 'urn:safelayer:eidas:processes:document:sign:esigp',
    labels: [['digitalid', 'server', 'qualified']],
    ui_locales: ['en_US'],
    finish_callback_url: FINISH_URI,
    views: { document_agreement: { skip_server_id: 'true' } },
    timestamp: { provider_id: 'urn:uae:tws:generation:policy:digitalid' },
  }
}

export function signerBody({ name, page = 'last', rectangle = [0, 0, 0, 0] }: FieldWish): Json {
  const [left, bottom, right, top] = rectangle
  return {
    signature_policy_id: 'urn:safelayer:eidas:policies:sign:document:pdf',
    parameters: {
      type: 'pades-baseline',
      signature_field: {
        name,
        location: {
          page: { number: page },
          rectangle: { x: left, y: bottom, width: right - left, height: top - bottom },
        },
        appearance: {
          signature_details: {
            details: [
              { type: 'subject', title: '' },
              { type: 'date', title: '' },
            ],
          },
        },
      },
    },
  }
}

export function taskUrl(process: Json): string {
  const { pending } = process['tasks'] as { readonly pending: readonly { readonly url: string }[] }
  return pending[0]?.url ?? ''
}
