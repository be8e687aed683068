import type { Agreement } from '../agreement.ts'
import { identityNumber } from '../identity-number.ts'
import { beyondMandate, mandateHolder, type MandateSource, type MandateTerms } from '../mandate-terms.ts'
import type { SignatureFacts } from '../signed-document-result.ts'
import { need } from './refusal.ts'
import { areOverlapping } from './signature-field.ts'
import type { VerifiedSignature } from './verify-signature.ts'

/** A party signs by one official, or by two where its mandate asks for four eyes. */
const MAX_OFFICIALS = 2

/**
 * Holds the signatures against each other: one or two for each party, each with a certificate and a place of its own.
 *
 * @throws Refusal `no_signature`, `party_missing`, `same_signer`
 */
export function checkParties(
  content: Agreement,
  signatures: readonly VerifiedSignature[],
  partial: boolean,
): void {
  need(signatures.length > 0, 'no_signature')
  const certificates = new Set(signatures.map(({ facts }) => facts.certificateSha256))
  need(certificates.size === signatures.length, 'same_signer', 'certificate')
  for (const [index, { added }] of signatures.entries()) {
    const before = signatures.slice(0, index).map(({ added: other }) => other)
    const sharing = before.filter(({ place }) => place !== undefined && place === added.place)
    need(sharing.length < MAX_OFFICIALS, 'same_signer', 'more than two of one party')
    need(!sharing.some(({ rectangle }) => areOverlapping(rectangle, added.rectangle)), 'same_signer', 'place')
  }
  need(
    signatures.length <= content.parties.length * MAX_OFFICIALS,
    'same_signer',
    'more than two of each party',
  )
  const placed = signatures.flatMap(({ facts: { party } }) => (party === undefined ? [] : [party]))
  // Whom an invisible signature is for, only its mandate shows.
  const parties = new Set(placed).size + (signatures.length - placed.length)
  need(
    partial || parties >= content.parties.length,
    'party_missing',
    `${parties} of ${content.parties.length}`,
  )
}

/**
 * Holds each signature against the mandate it was made under, at the time of its time-stamp. The identity number is read here,
 * compared, and forgotten.
 *
 * @returns the facts of the signatures, each with its mandate
 * @throws Refusal `mandate_missing`, `mandate_unknown`, `mandate_not_valid`, `mandate_of_another`, `mandate_out_of_scope`,
 *   `second_signer_missing`, `same_signer`, `party_missing`
 */
export function checkMandates(
  content: Agreement,
  signatures: readonly VerifiedSignature[],
  source: MandateSource,
  partial: boolean,
): readonly SignatureFacts[] {
  const signed: { readonly facts: SignatureFacts; readonly terms: MandateTerms }[] = []
  const people = new Set<string>()
  for (const { facts, certificate } of signatures) {
    const { field, time, party } = facts
    const [signer, ...more] = source.signers.filter((each) => each.field === field)
    need(signer !== undefined && more.length === 0, 'mandate_missing', field)
    const { mandate, salt } = signer
    const found = source.at(mandate, time)
    need(found.standing !== 'unknown', 'mandate_unknown', mandate)
    need(found.standing === 'valid', 'mandate_not_valid', `${mandate}: ${found.standing} at ${time}`)
    const { terms } = found
    const number = identityNumber(certificate)
    need(number !== undefined && mandateHolder(salt, number) === terms.holder, 'mandate_of_another', mandate)
    need(!people.has(number), 'same_signer', 'person')
    people.add(number)
    const beyond = beyondMandate(content, terms)
    need(beyond === undefined, 'mandate_out_of_scope', `${mandate}: ${String(beyond)}`)
    need(
      party === undefined || party === terms.member,
      'mandate_out_of_scope',
      `${mandate}: signed in the place of ${String(party)}`,
    )
    signed.push({
      facts: { ...facts, mandate: { mandate, member: terms.member, office: terms.office } },
      terms,
    })
  }
  for (const { member } of content.parties) {
    const own = signed.filter(({ terms }) => terms.member === member)
    need(own.length <= MAX_OFFICIALS, 'same_signer', 'more than two of one party')
    need(partial || own.length > 0, 'party_missing', member)
    const asks = own.length === 1 && own[0]?.terms.fourEyes === true
    need(!asks || source.awaitsSecond === member, 'second_signer_missing', member)
  }
  return signed.map(({ facts }) => facts)
}
