/** Errors about drafting and signing agreements at the registry. Keep the rows sorted. */
export const agreementErrors = {
  already_signed: {
    meaning: 'The officials of this party have signed the agreement already.',
    remedy:
      'Nothing is left to do for this party; the agreement takes effect when the other party has signed.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: true,
  },
  document_not_extended: {
    meaning: 'The document does not go on from the newest signed revision, or it is no PDF.',
    remedy: 'Take the lease again, fetch the revision that it names, and let the officials sign on that one.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: true,
  },
  lease_required: {
    meaning: 'A signed document came from a party that does not hold the lease of the agreement.',
    remedy: 'Take the lease; if it names the revision that was signed on, send the same document again.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: true,
  },
  mandate_not_valid: {
    meaning:
      'An official signed under a mandate that the directory does not hold as valid, or not for this member.',
    remedy:
      'The details name the mandate and how it stands; the member grants a new one, and the official signs anew.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: true,
  },
  signatures_required: {
    meaning:
      'In this network agreements take effect by the signatures of officials, not by the seal of a gateway.',
    remedy:
      'Propose a draft without accepting it, and let an official with a mandate sign it: wusla agreement sign.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: true,
  },
  signing_in_progress: {
    meaning: 'The other party is signing the agreement at this moment.',
    remedy: 'Try again when it has finished, at the latest at the time that the details name.',
    fault: 'client',
    mayRetry: true,
    httpStatus: 409,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: true,
  },
  test_authority_refused: {
    meaning:
      'A root of the signing policy belongs to a test authority, which gives the name of anybody to anybody.',
    remedy:
      'Name the root of the national authority. Only a network for trying out believes test authorities: testAuthorities in registry.json.',
    fault: 'operator',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: false,
  },
} as const
