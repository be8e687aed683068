import {
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  ClientSecretPost,
  customFetch,
  generateRandomCodeVerifier,
  processAuthorizationCodeResponse,
  validateAuthResponse,
} from 'oauth4webapi'
import type { AuthorizationServer, Client } from 'oauth4webapi'
import type { Clock } from '../../protocol/clock.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type {
  ApprovalAnswer,
  BegunApproval,
  DigestsToSign,
  HashSigningPort,
  KeyAccess,
  SigningKey,
} from '../hash-signing.ts'
import { HiddenText } from '../hidden-text.ts'
import { asObject, askProvider, invalidAnswer, jsonObject, refusedRequest } from '../http/ask-provider.ts'
import type { ProviderLine } from '../http/ask-provider.ts'
import { plainBasic, readSecret } from '../http/client-secret.ts'
import type { ReadText } from '../http/client-secret.ts'
import { oauthFailure, oauthFetch, safeCode } from '../http/oauth-failure.ts'
import type { CscSettings } from '../csc-settings.ts'
import { PendingAnswers } from '../pending/pending-answers.ts'
import { isPlainLocal, isWebAddress } from '../web-address.ts'
import { chooseAlgorithm, ecdsaInDer } from './algorithms.ts'
import type { ChosenAlgorithm } from './algorithms.ts'
import { keyIds, signaturesOf, signingKey } from './key-answer.ts'

/** What the adapter works with. */
export interface CscParts {
  readonly settings: CscSettings
  readonly line: ProviderLine
  readonly clock: Clock
  readonly readText: ReadText
}

/** What `info` tells of a service. */
interface Service {
  readonly server: AuthorizationServer
  /** Version 1 of the API has other names for the digests. */
  readonly isVersion1: boolean
}

interface Signing {
  readonly access: KeyAccess
  readonly key: SigningKey
  readonly toSign: DigestsToSign
  readonly algorithm: ChosenAlgorithm
}

interface Round extends Service {
  readonly verifier: string
  /** Absent in the first round. */
  readonly signing?: Signing
}

const MAX_BYTES = 1_048_576

/** See `openCscSigning`. */
export class CscSigning implements HashSigningPort {
  readonly provider: string
  readonly #parts: CscParts
  readonly #waiting: PendingAnswers<Round>

  constructor(parts: CscParts) {
    this.provider = parts.settings.provider
    this.#parts = parts
    this.#waiting = new PendingAnswers(parts.clock)
  }

  beginAccess(language: 'ar' | 'en'): Promise<BegunApproval> {
    return this.#begin({ scope: 'service', lang: language }, undefined)
  }

  async finishAccess(answer: ApprovalAnswer): Promise<KeyAccess> {
    return { token: (await this.#finish(answer, false)).token }
  }

  async keys(access: KeyAccess): Promise<readonly SigningKey[]> {
    const ids = keyIds(await this.#post('credentials/list', {}, access))
    const keys: SigningKey[] = []
    for (const credentialID of ids) {
      const question = { credentialID, certificates: 'chain', authInfo: true }
      keys.push(signingKey(credentialID, await this.#post('credentials/info', question, access)))
    }
    return keys
  }

  async beginSigning(
    access: KeyAccess,
    key: SigningKey,
    toSign: DigestsToSign,
    language: 'ar' | 'en',
  ): Promise<BegunApproval> {
    const algorithm = chooseAlgorithm(key, toSign)
    // `hashes` ties the approval to these digests (SCAL 2); base64url here, base64 in signHash.
    const hashes = toSign.digests.map((digest) => Buffer.from(digest).toString('base64url')).join(',')
    const parameters = {
      scope: 'credential',
      lang: language,
      credentialID: key.id,
      numSignatures: String(toSign.digests.length),
      hashes,
      hashAlgorithmOID: algorithm.hashOid,
    }
    return this.#begin(parameters, { access, key, toSign, algorithm })
  }

  async finishSigning(answer: ApprovalAnswer): Promise<readonly Uint8Array[]> {
    const { token, signing, isVersion1 } = await this.#finish(answer, true)
    if (signing === undefined) throw new WuslaError('identity_attempt_unknown')
    const { access, key, toSign, algorithm } = signing
    const hashes = toSign.digests.map((digest) => Buffer.from(digest).toString('base64'))
    const digests = isVersion1
      ? { hash: hashes, hashAlgo: algorithm.hashOid }
      : { hashes, hashAlgorithmOID: algorithm.hashOid, operationMode: 'S' }
    const question = { credentialID: key.id, SAD: token.reveal(), signAlgo: algorithm.signOid, ...digests }
    const signed = await this.#post('signatures/signHash', question, access)
    const signatures = signaturesOf(signed, hashes.length)
    return algorithm.isEcdsa ? signatures.map(ecdsaInDer) : signatures
  }

  async #begin(
    parameters: Readonly<Record<string, string>>,
    signing: Signing | undefined,
  ): Promise<BegunApproval> {
    const { settings } = this.#parts
    const service = await this.#service()
    const { server, isVersion1 } = service
    const verifier = generateRandomCodeVerifier()
    const round = { ...service, verifier }
    const { state, binding } = this.#waiting.begin(signing === undefined ? round : { ...round, signing })
    const address = new URL(server.authorization_endpoint ?? '')
    for (const [name, value] of Object.entries({
      response_type: 'code',
      client_id: settings.clientId,
      redirect_uri: settings.redirectUri,
      state,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...parameters,
    }))
      address.searchParams.set(isVersion1 && name === 'hashes' ? 'hash' : name, value)
    return { address: address.href, binding }
  }

  async #finish(
    { parameters, binding }: ApprovalAnswer,
    isSigning: boolean,
  ): Promise<{ token: HiddenText; signing: Signing | undefined; isVersion1: boolean }> {
    const { settings, line, readText } = this.#parts
    const { state, value } = this.#waiting.take(parameters, binding)
    const { server, verifier, signing, isVersion1 } = value
    // The answer of one round is no answer of the other.
    if ((signing !== undefined) !== isSigning) throw new WuslaError('identity_attempt_unknown')
    const client: Client = { client_id: settings.clientId }
    const secret = await readSecret(readText, settings.secretFile, '/secretFile')
    try {
      const code = validateAuthResponse(server, client, parameters, state)
      const answer = await authorizationCodeGrantRequest(
        server,
        client,
        settings.secretIn === 'body' ? ClientSecretPost(secret.reveal()) : plainBasic(secret),
        code,
        settings.redirectUri,
        verifier,
        {
          [customFetch]: oauthFetch(line, 'token'),
          [allowInsecureRequests]: isPlainLocal(server.token_endpoint ?? ''),
        },
      )
      const { access_token } = await processAuthorizationCodeResponse(server, client, answer, {
        // The second round answers with the activation data, whose type is `SAD`.
        recognizedTokenTypes: { sad: () => undefined },
      })
      return { token: new HiddenText(access_token), signing, isVersion1 }
    } catch (error) {
      throw oauthFailure('token', error)
    }
  }

  /** Version, and where OAuth happens: `info` says, unless the configuration does. */
  async #service(): Promise<Service> {
    const { base, authorize, token } = this.#parts.settings
    const info = await this.#post('info', {}, undefined)
    const methods: unknown = info['methods']
    if (!Array.isArray(methods) || !methods.includes('signatures/signHash')) {
      throw invalidAnswer('info', 'methods')
    }
    const named = info['oauth2'] ?? base
    if (typeof named !== 'string' || !isWebAddress(named)) throw invalidAnswer('info', 'oauth2')
    const oauth = named.replace(/\/+$/, '')
    const server = {
      issuer: new URL(base).origin,
      authorization_endpoint: authorize ?? `${oauth}/oauth2/authorize`,
      token_endpoint: token ?? `${oauth}/oauth2/token`,
    }
    const { specs } = info
    return { server, isVersion1: typeof specs === 'string' && specs.startsWith('1.') }
  }

  async #post(
    method: string,
    question: object,
    access: KeyAccess | undefined,
  ): Promise<Readonly<Record<string, unknown>>> {
    const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json' })
    if (access !== undefined) headers.set('authorization', `Bearer ${access.token.reveal()}`)
    const { status, body } = await askProvider(this.#parts.line, {
      step: method,
      url: `${this.#parts.settings.base.replace(/\/+$/, '')}/${method}`,
      init: { method: 'POST', headers, body: JSON.stringify(question) },
      maxBytes: MAX_BYTES,
    })
    if (status === 200) return jsonObject(method, body)
    if (method === 'signatures/signHash' && status === 400) throw signingRefusal(body)
    throw refusedRequest(method, status)
  }
}

function signingRefusal(body: Uint8Array): WuslaError {
  const error = asObject(jsonObject('signatures/signHash', body))?.['error']
  const providerCode = typeof error === 'string' ? safeCode(error) : 'unreadable'
  return new WuslaError('hash_signing_refused', { details: { providerCode } })
}
