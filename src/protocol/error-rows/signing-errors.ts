/** Errors of the signing of agreements by officials. Keep the rows sorted. */
export const signingErrors = {
  document_process_failed: {
    meaning: 'The process that takes signed documents apart ended before it was done.',
    remedy:
      'Try again; if it happens with the same document again, do not use the document, and report it: it may have been made to do that.',
    fault: 'operator',
    mayRetry: false,
    httpStatus: 502,
    xroad: { prefix: 'server.clientproxy', code: 'internal_error', oldCode: 'InternalError' },
    peerSees: false,
  },
  identity_not_connected: {
    meaning: 'This gateway is connected to no provider of national identity, so nobody can sign here.',
    remedy:
      'The operator of the gateway writes identity into gateway.json (docs/guides/national-identity.md) and starts it again, or the official signs at another gateway of the member.',
    fault: 'operator',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'server.clientproxy', code: 'internal_error', oldCode: 'InternalError' },
    peerSees: false,
  },
  mandate_expired: {
    meaning: 'The person holds a mandate of this member, and it is not valid at this time.',
    remedy:
      'The details name its standing: not_yet, expired or ended; the owner of the member grants a new one, or the person waits until it begins.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 403,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: false,
  },
  mandate_missing: {
    meaning: 'The person who is logged in holds no mandate to sign for this member.',
    remedy:
      'The owner of the member grants one to this very person (wusla mandate grant), or an official with a mandate signs.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 403,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: false,
  },
  mandate_out_of_scope: {
    meaning: 'The mandate of this person does not reach as far as the agreement.',
    remedy:
      'The details name what is beyond it: kind, data_class or cost; an official with a wider mandate signs, or the owner of the member grants one.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 403,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: false,
  },
  second_signer_is_first: {
    meaning: 'The mandate asks for two different officials, and this person has signed already.',
    remedy: 'Another official of the member logs in and signs; the first signature is kept for 19 minutes.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'client', code: 'bad_request', oldCode: 'BadRequest' },
    peerSees: false,
  },
  signed_document_refused: {
    meaning: 'The signed document does not stand up to verification.',
    remedy:
      'The details name the step and its failure as in docs/spec/agreement-document.md, section 4; do not use the document, and sign again once the cause is gone.',
    fault: 'operator',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'server.clientproxy', code: 'internal_error', oldCode: 'InternalError' },
    peerSees: false,
  },
  signing_policy_missing: {
    meaning: 'The network has no signing policy, so agreements are accepted by seal alone.',
    remedy:
      'Accept the agreement with the seal, or the operator of the network sets a policy (wusla policy set).',
    fault: 'operator',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'server.clientproxy', code: 'internal_error', oldCode: 'InternalError' },
    peerSees: false,
  },
} as const
