/** Errors of the document that people sign. Keep the rows sorted. */
export const documentErrors = {
  certificate_revoked: {
    meaning: 'A certificate behind a signature had been revoked when it signed.',
    remedy:
      'The details name the signature and whose certificate it is. Do not use the document; the official signs again with a valid certificate.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: false,
  },
  document_not_typeset: {
    meaning: 'The document of an agreement could not be made.',
    remedy:
      'The details say why: a text may hold a character that the fonts lack; otherwise report it to the project.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: false,
  },
  invalid_template: {
    meaning: 'A template for documents does not have the documented form.',
    remedy: 'The details name file and line; compare them with docs/guides/agreement-templates.md.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: false,
  },
  revocation_unavailable: {
    meaning:
      'Nobody told whether the certificates behind a signature are valid, so the document cannot be kept for long.',
    remedy:
      'The details name the signature and every address that was asked. Try again in a few minutes; the operator checks the way to these addresses and the roots of the signing policy.',
    fault: 'operator',
    mayRetry: true,
    httpStatus: 503,
    xroad: { prefix: 'server.clientproxy', code: 'network_error', oldCode: 'NetworkError' },
    peerSees: false,
  },
  template_mismatch: {
    meaning: 'The agreement was made for another template, or for another kind of agreement.',
    remedy: 'Use the very template that the details name: another text is not what the parties agreed.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: false,
  },
  time_stamp_unavailable: {
    meaning: 'The time-stamping authority gave no time-stamp for a signature.',
    remedy:
      'The details name the cause. The document is not signed; try again in a few minutes. The operator checks the address of the authority and whether it serves this installation.',
    fault: 'operator',
    mayRetry: true,
    httpStatus: 503,
    xroad: { prefix: 'server.clientproxy', code: 'network_error', oldCode: 'NetworkError' },
    peerSees: false,
  },
} as const
