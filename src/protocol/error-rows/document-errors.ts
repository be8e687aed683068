/** Errors of the document that people sign. Keep the rows sorted. */
export const documentErrors = {
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
  template_mismatch: {
    meaning: 'The agreement was made for another template, or for another kind of agreement.',
    remedy: 'Use the very template that the details name: another text is not what the parties agreed.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 409,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: false,
  },
} as const
