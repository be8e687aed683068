import type { MandateSigner } from '../agreements/mandate-terms.ts'
import { MAX_PROOF_BYTES } from '../agreements/proof-size.ts'
import { canonicalJson, parseJsonStrict } from '../protocol/canonical-json.ts'
import { isDigest256 } from '../protocol/digest.ts'
import { WuslaError, isWuslaError } from '../protocol/wusla-error.ts'
import { decodeShape, listOf, objectOf, oneOf, type Shape, text } from '../trust/shape.ts'
import { isBase64urlOf } from '../trust/text-form.ts'
import type { DirectoryReader } from './directory-reader.ts'
import { DIRECTORY_PART, type DirectoryEvidence } from './evidence-file.ts'
import { keepKnownLines, readNote, takeEntries } from './export/directory-part.ts'

/**
 * What a network's directory shows about one agreement, for whoever has the signed document and the anchor alone:
 * `docs/spec/agreement-document.md`, section 8.
 */
export interface AgreementProof {
  readonly type: 'wusla/agreement-proof/v1'
  /** Content hash. */
  readonly agreement: string
  /** Which signature was made under which mandate. Personal data: a salt opens who holds the mandate. */
  readonly signers: readonly MandateSigner[]
  /** Signed note of the directory's log, with the cosignatures of witnesses. */
  readonly checkpoint: string
  readonly entries: readonly DirectoryEvidence[]
}

const PROOF: Shape<AgreementProof> = objectOf({
  type: oneOf('wusla/agreement-proof/v1'),
  agreement: text({ max: 43, test: isDigest256, what: 'a SHA-256 in base64url' }),
  signers: listOf(
    objectOf({
      field: text({ max: 255 }),
      mandate: text({ max: 43, test: (value) => isBase64urlOf(value, 16, 32), what: 'a mandate id' }),
      salt: text({ max: 43, test: (value) => isBase64urlOf(value, 32), what: '32 bytes in base64url' }),
    }),
    { min: 0, max: 4 },
  ),
  ...DIRECTORY_PART,
})

/**
 * Puts together what the directory shows about an agreement under its latest checkpoint.
 *
 * @param about.parties - the two members
 * @param about.signers - none for an agreement that was sealed without officials
 * @returns canonical JSON, to be given to `attachProof`
 * @throws WuslaError `agreement_not_found` when the checkpoint does not cover the agreement yet; `invalid_checkpoint`
 */
export async function buildAgreementProof(
  directory: DirectoryReader,
  about: {
    readonly agreement: string
    readonly parties: readonly string[]
    readonly signers: readonly MandateSigner[]
  },
): Promise<string> {
  const { agreement, parties: members, signers } = about
  const note = directory.latestCheckpoint()
  const { size, names: witnesses } = readNote(note)
  const subjects = { members, gateways: [], keys: [], agreement, witnesses }
  const { entries, view, logKey } = await takeEntries(directory, size, subjects)
  if (!view.agreements.has(agreement)) throw new WuslaError('agreement_not_found', { details: { agreement } })
  const checkpoint = keepKnownLines(note, logKey, view).note
  const type = 'wusla/agreement-proof/v1'
  const proof: AgreementProof = { type, agreement, signers: signers.map(onlyKnown), checkpoint, entries }
  return canonicalJson(proof)
}

function onlyKnown({ field, mandate, salt }: MandateSigner): MandateSigner {
  return { field, mandate, salt }
}

/** The proof in a text of a stranger, in its one form: canonical JSON. Undefined: it is none. */
export function readAgreementProof(given: string): AgreementProof | undefined {
  try {
    const json = parseJsonStrict(given, { maxBytes: MAX_PROOF_BYTES, maxDepth: 6 })
    const decoded = decodeShape(PROOF, json)
    return decoded.ok && canonicalJson(decoded.value) === given ? decoded.value : undefined
  } catch (cause) {
    if (isWuslaError(cause)) return undefined
    throw cause
  }
}
