import assert from 'node:assert/strict'
import { OCSPRequest } from 'pkijs'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import { addValidationData, type AddValidationOptions } from '../add-validation.ts'
import { AuthorityServer, type Handler } from './authority-server.ts'
import { type KeyHolder, makeCrl, makeOcsp, type StatusWish } from './signing-authority.ts'
import { derOf, setStage, signAs, type SigningStage } from './signing-stage.ts'

/** When everything answers, shortly after the officials of the stage have signed. */
export const FRESH = { from: '2026-11-29T13:00:00Z', until: '2026-12-01T00:00:00Z' }
const NOW = Date.parse('2026-11-29T13:30:00Z')

/** A stage whose certificates name addresses, and the authorities that answer there. */
export class AnsweringAuthorities {
  readonly server: AuthorityServer
  readonly stage: SigningStage
  /** The document after one official has signed, and after both. A signature carries the certificate of its signer alone. */
  readonly once: Buffer
  readonly both: Buffer

  private constructor(server: AuthorityServer, stage: SigningStage, once: Buffer, both: Buffer) {
    this.server = server
    this.stage = stage
    this.once = once
    this.both = both
  }

  static async start(): Promise<AnsweringAuthorities> {
    const server = await AuthorityServer.start()
    const addressesOf = (name: string): object => ({
      issuer: `${server.url}/${name}.cer`,
      ocsp: `${server.url}/${name}/ocsp`,
      crl: `${server.url}/${name}.crl`,
    })
    const stage = await setStage({ root: addressesOf('root'), issuer: addressesOf('issuer') })
    const once = await signLean(stage, 0, stage.document.pdf)
    return new AnsweringAuthorities(server, stage, once, await signLean(stage, 1, once))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }

  /** Everything answers as it should, and nothing was asked. */
  reset(): void {
    const { server, stage } = this
    server.asked.length = 0
    server.handlers.clear()
    this.serve('/issuer.cer', () => derOf(stage.issuer.certificate))
    this.serve('/root.cer', () => derOf(stage.root.certificate))
    server.handlers.set('/issuer/ocsp', this.ocspOf(stage.issuer, FRESH))
    server.handlers.set('/root/ocsp', this.ocspOf(stage.root, FRESH))
    this.serve('/issuer.crl', async () => await makeCrl(stage.issuer, [], FRESH))
    this.serve('/root.crl', async () => await makeCrl(stage.root, [], FRESH))
  }

  serve(path: string, bytes: () => Uint8Array | Promise<Uint8Array>): void {
    this.server.handlers.set(path, async () => await bytes())
  }

  /** A responder of an authority that knows the certificates of the stage and sends the nonce back. */
  ocspOf(authority: KeyHolder, wish: StatusWish, responder = authority): Handler {
    const { officials, issuer, timeAuthority } = this.stage
    const known = [...officials, issuer, timeAuthority].map(({ certificate }) => certificate)
    return async (question) => {
      const { tbsRequest } = OCSPRequest.fromBER(Uint8Array.from(question))
      const [asked] = tbsRequest.requestList
      const about = known.find(
        ({ serialNumber }) => asked?.reqCert.serialNumber.isEqual(serialNumber) === true,
      )
      assert.ok(about !== undefined, 'asked for a certificate that is not of the stage')
      const nonce = tbsRequest.requestExtensions?.[0]?.extnValue.getValue()
      assert.ok(nonce !== undefined, 'a nonce was sent')
      return await makeOcsp(responder, about, authority.certificate, { nonce, ...wish })
    }
  }

  async complete(pdf: Uint8Array, change: Partial<AddValidationOptions> = {}): Promise<Buffer> {
    const added = await addValidationData(pdf, {
      fetch: globalThis.fetch,
      roots: [derOf(this.stage.root.certificate)],
      clock: { nowMs: () => NOW },
      ...change,
    })
    assert.ok(Buffer.from(added.subarray(0, pdf.length)).equals(Buffer.from(pdf)), 'what was signed stays')
    return Buffer.from(added)
  }

  /** The error it ends with. */
  async failure(pdf: Uint8Array, change: Partial<AddValidationOptions> = {}): Promise<WuslaError> {
    return await this.complete(pdf, change).then(
      () => assert.fail('it gave a document'),
      (error: unknown) => error as WuslaError,
    )
  }

  /** The first official's signature by somebody else. */
  async signedBy(signer: KeyHolder): Promise<Buffer> {
    return await signLean(this.stage, 0, this.stage.document.pdf, signer)
  }
}

/** Signs without the certificates of authorities. */
export async function signLean(
  stage: SigningStage,
  party: 0 | 1,
  pdf: Uint8Array,
  signer: KeyHolder = stage.officials[party],
): Promise<Buffer> {
  return await signAs(stage, party, pdf, { certificates: [signer.certificate] }, signer)
}
