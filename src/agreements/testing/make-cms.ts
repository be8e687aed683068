import { createHash } from 'node:crypto'
import * as asn1js from 'asn1js'
import {
  Attribute,
  type Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  MessageImprint,
  PKIStatusInfo,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
  TimeStampReq,
  TSTInfo,
} from 'pkijs'
import { type KeyHolder, sha256Identifier } from './signing-authority.ts'

/** How a signature differs from the usual one. */
export interface CmsWish {
  /** ISO 8601; absent: no time-stamp. */
  readonly time?: string | undefined
  readonly timeAuthority?: KeyHolder
  /** What is stamped instead of the signature. */
  readonly stamped?: Uint8Array
  readonly hash?: 'SHA-256' | 'SHA-1'
  /** The certificate that the attribute names instead of the signer's. */
  readonly named?: Certificate
  readonly withoutNamed?: boolean
  readonly certificates?: readonly Certificate[]
  readonly twoSigners?: boolean
}

const DATA = '1.2.840.113549.1.7.1'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'

/** A detached CMS as signing services make it: BER with indefinite lengths, a time-stamp beside the signature. */
export async function makeCms(
  signer: KeyHolder,
  signed: Uint8Array,
  wish: CmsWish = {},
): Promise<Uint8Array> {
  const data = await signData(signer, DATA, signed, wish)
  const [info] = data.signerInfos
  if (info === undefined) throw new TypeError('no signer')
  if (wish.time !== undefined && wish.timeAuthority !== undefined) {
    const token = await makeTimeStamp(
      wish.timeAuthority,
      wish.stamped ?? new Uint8Array(info.signature.getValue()),
      wish.time,
    )
    const { result } = asn1js.fromBER(Uint8Array.from(token).buffer)
    const attribute = new Attribute({ type: '1.2.840.113549.1.9.16.2.14', values: [result] })
    info.unsignedAttrs = new SignedAndUnsignedAttributes({ type: 1, attributes: [attribute] })
  }
  if (wish.twoSigners === true) data.signerInfos.push(info)
  return inBer(data)
}

/** A time-stamp token over `stamped`. */
export async function makeTimeStamp(
  authority: KeyHolder,
  stamped: Uint8Array,
  time: string,
): Promise<Uint8Array> {
  return await stampImprint(authority, imprintOf(stamped), time)
}

function imprintOf(stamped: Uint8Array): MessageImprint {
  const imprint = createHash('sha256').update(stamped).digest()
  const hashedMessage = new asn1js.OctetString({ valueHex: imprint })
  return new MessageImprint({ hashAlgorithm: sha256Identifier(), hashedMessage })
}

/** What an authority answers to a question for a time-stamp (RFC 3161). @param change - how the answer differs from a decent one */
export async function answerTimeStamp(
  authority: KeyHolder,
  question: Uint8Array,
  time: string,
  change: { readonly nonce?: asn1js.Integer; readonly stamped?: Uint8Array; readonly status?: number } = {},
): Promise<Uint8Array> {
  const { messageImprint, nonce } = TimeStampReq.fromBER(Uint8Array.from(question))
  const imprint = change.stamped === undefined ? messageImprint : imprintOf(change.stamped)
  const token = await stampImprint(authority, imprint, time, change.nonce ?? nonce)
  const status = new PKIStatusInfo({ status: change.status ?? 0 }).toSchema()
  const value = [status, asn1js.fromBER(Uint8Array.from(token)).result]
  return new Uint8Array(new asn1js.Sequence({ value }).toBER())
}

async function stampImprint(
  authority: KeyHolder,
  messageImprint: MessageImprint,
  time: string,
  nonce?: asn1js.Integer,
): Promise<Uint8Array> {
  const info = new TSTInfo({
    version: 1,
    policy: '1.2.3.4',
    messageImprint,
    serialNumber: new asn1js.Integer({ value: 7 }),
    genTime: new Date(time),
    ...(nonce === undefined ? {} : { nonce }),
  })
  const content = new Uint8Array(info.toSchema().toBER())
  return inBer(await signData(authority, TST_INFO, content, {}, content))
}

async function signData(
  { certificate, keys }: KeyHolder,
  contentType: string,
  signed: Uint8Array,
  { hash = 'SHA-256', named = certificate, withoutNamed = false, certificates = [certificate] }: CmsWish,
  content?: Uint8Array,
): Promise<SignedData> {
  const digest = createHash(hash.replace('-', '')).update(signed).digest()
  const encapsulated =
    content === undefined
      ? {}
      : { eContent: new asn1js.OctetString({ valueHex: Uint8Array.from(content).buffer }) }
  const data = new SignedData({
    version: content === undefined ? 1 : 3,
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: contentType, ...encapsulated }),
    certificates: [...certificates],
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({
          issuer: certificate.issuer,
          serialNumber: certificate.serialNumber,
        }),
        signedAttrs: new SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            new Attribute({
              type: '1.2.840.113549.1.9.3',
              values: [new asn1js.ObjectIdentifier({ value: contentType })],
            }),
            new Attribute({
              type: '1.2.840.113549.1.9.4',
              values: [new asn1js.OctetString({ valueHex: digest })],
            }),
            ...(withoutNamed ? [] : [signingCertificate(named)]),
          ],
        }),
      }),
    ],
  })
  await data.sign(keys.privateKey, 0, hash, Uint8Array.from(signed).buffer)
  return data
}

/** RFC 5035: by the SHA-256 of the certificate, which is the default and so is not said. */
function signingCertificate(certificate: Certificate): Attribute {
  const digest = createHash('sha256').update(Buffer.from(certificate.toSchema().toBER())).digest()
  const one = new asn1js.Sequence({ value: [new asn1js.OctetString({ valueHex: digest })] })
  const value = new asn1js.Sequence({ value: [new asn1js.Sequence({ value: [one] })] })
  return new Attribute({ type: '1.2.840.113549.1.9.16.2.47', values: [value] })
}

function inBer(data: SignedData): Uint8Array {
  const schema = data.toSchema(true)
  const content = new ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: schema }).toSchema()
  for (const block of [content, content.valueBlock.value[1], schema]) {
    if (block instanceof asn1js.Constructed) block.lenBlock.isIndefiniteForm = true
  }
  return new Uint8Array(content.toBER())
}
