import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Json = Readonly<Record<string, unknown>>

/** How this service differs from another one that keeps to the specification. */
export interface CscHabits {
  readonly version?: '1.0.4.0' | '2.0.0.2'
  /** ECDSA as r‖s. */
  readonly isPlainEcdsa?: boolean
}

export const SECRET = 'csc-secret-aiT0eeph'
const CLIENT = 'csc_client'

interface Leave {
  readonly scope: string
  readonly challenge: string
  readonly redirectUri: string
  readonly hashes: string
}

/** A signing service of the CSC API, as small as the two rounds allow and as strict: codes once, PKCE, digests as approved. */
export class CscService {
  readonly ec: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
  })
  readonly rsa: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
  })
  readonly #habits: CscHabits
  readonly #server: Server
  readonly #codes = new Map<string, Leave>()
  readonly #tokens = new Map<string, Leave>()
  /** Bodies of `signHash`, as they came. */
  readonly signed: Json[] = []
  /** Certificates of a key in DER, the signer's first. Default: bytes that are none. */
  readonly certificates = new Map<string, readonly Uint8Array[]>()
  /** What digests are of, by their hexadecimal form: the runtime signs no digest as it is. */
  readonly digested = new Map<string, Uint8Array>()

  private constructor(habits: CscHabits) {
    this.#habits = habits
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(([status, body, location]) => {
        response.writeHead(status, {
          'content-type': 'application/json',
          ...(location === undefined ? {} : { location }),
        })
        response.end(JSON.stringify(body))
      })
    })
  }

  static async start(habits: CscHabits = {}): Promise<CscService> {
    const service = new CscService(habits)
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get base(): string {
    const version = this.#habits.version === '1.0.4.0' ? 'v1' : 'v2'
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/csc/${version}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage): Promise<[status: number, body: Json, location?: string]> {
    const url = new URL(request.url ?? '', this.base)
    const body = await text(request)
    if (url.pathname.endsWith('/oauth2/authorize')) return [302, {}, this.#approve(url.searchParams)]
    if (url.pathname.endsWith('/oauth2/token')) return this.#token(request, new URLSearchParams(body))
    const question = JSON.parse(body) as Json
    if (url.href === `${this.base}/info`) {
      const specs = this.#habits.version ?? '2.0.0.2'
      return [200, { specs, methods: ['credentials/list', 'signatures/signHash'], oauth2: this.base }]
    }
    const leave = this.#tokens.get(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '')
    if (leave?.scope !== 'service') return [401, { error: 'invalid_token' }]
    if (url.pathname.endsWith('/credentials/list')) return [200, { credentialIDs: ['ec', 'rsa', 'old'] }]
    if (url.pathname.endsWith('/credentials/info')) return [200, this.#key(question['credentialID'])]
    return this.#sign(question)
  }

  /** A person who approves at once. */
  #approve(query: URLSearchParams): string {
    const hashesName = this.#habits.version === '1.0.4.0' ? 'hash' : 'hashes'
    const code = randomUUID()
    this.#codes.set(code, {
      scope: query.get('scope') ?? '',
      challenge: query.get('code_challenge') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      hashes: query.get(hashesName) ?? '',
    })
    const back = new URL(query.get('redirect_uri') ?? '')
    back.searchParams.set('code', code)
    back.searchParams.set('state', query.get('state') ?? '')
    return back.href
  }

  #token(request: IncomingMessage, form: URLSearchParams): [status: number, body: Json] {
    const expected = `Basic ${Buffer.from(`${CLIENT}:${SECRET}`).toString('base64')}`
    if (request.headers.authorization !== expected) return [401, { error: 'invalid_client' }]
    const leave = this.#codes.get(form.get('code') ?? '')
    this.#codes.delete(form.get('code') ?? '')
    const proof = createHash('sha256').update(form.get('code_verifier') ?? '')
    if (leave?.challenge !== proof.digest('base64url') || leave.redirectUri !== form.get('redirect_uri')) {
      return [400, { error: 'invalid_grant' }]
    }
    const token = randomUUID()
    this.#tokens.set(token, leave)
    const type = leave.scope === 'credential' ? 'SAD' : 'Bearer'
    return [200, { access_token: token, token_type: type, expires_in: 300 }]
  }

  #key(id: unknown): Json {
    const isOld = this.#habits.version === '1.0.4.0'
    const certificates = this.certificates.get(String(id)) ?? [Buffer.from(`certificate ${String(id)}`)]
    return {
      key: {
        status: id === 'old' ? 'disabled' : 'enabled',
        algo: id === 'ec' ? ['1.2.840.10045.4.3.2'] : ['1.2.840.113549.1.1.1'],
        len: 256,
      },
      cert: { status: 'valid', certificates: certificates.map((der) => Buffer.from(der).toString('base64')) },
      ...(isOld ? { authMode: 'oauth2code' } : { auth: { mode: 'oauth2code' } }),
      multisign: isOld ? false : 3,
    }
  }

  #sign(question: Json): [status: number, body: Json] {
    this.signed.push(question)
    const hashes = question[this.#habits.version === '1.0.4.0' ? 'hash' : 'hashes'] as string[]
    const leave = this.#tokens.get(question['SAD'] as string)
    const approved = leave?.hashes.split(',').map((hash) => Buffer.from(hash, 'base64url').toString('base64'))
    if (leave?.scope !== 'credential' || approved?.join() !== hashes.join()) {
      return [400, { error: 'invalid_request', error_description: 'SAD is not for these hashes' }]
    }
    this.#tokens.delete(question['SAD'] as string)
    return [200, { signatures: hashes.map((hash) => this.#signature(question['credentialID'], hash)) }]
  }

  #signature(id: unknown, hash: string): string {
    // Of an unknown digest the digest once more digested is signed: enough to tell whose signature over what it is.
    const digest = Buffer.from(hash, 'base64')
    const digested = this.digested.get(digest.toString('hex')) ?? digest
    if (id === 'rsa') return sign('sha256', digested, this.rsa.privateKey).toString('base64')
    const dsaEncoding = this.#habits.isPlainEcdsa === true ? 'ieee-p1363' : 'der'
    return sign('sha256', digested, { key: this.ec.privateKey, dsaEncoding }).toString('base64')
  }
}
