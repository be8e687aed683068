/** Errors about the directory, its changes and agreements. Keep the rows sorted. */
export const directoryErrors = {
  agreement_not_found: {
    meaning: 'There is no agreement with that hash, or it is not yours to see.',
    remedy: 'Check the hash; ask the other party to send the content again.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 404,
    xroad: { prefix: 'server.clientproxy', code: 'not_found', oldCode: 'NotFound' },
    peerSees: true,
  },
  change_refused: {
    meaning: 'A change of the directory breaks a rule or lacks the right signature.',
    remedy: 'The details name the rule; whoever has the right to make the change signs it.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: true,
  },
  directory_forked: {
    meaning: 'The registry showed a directory that does not continue the one known here.',
    remedy:
      'Nothing of the new one is believed. Keep both checkpoints and tell the operator and the other members.',
    fault: 'operator',
    mayRetry: false,
    httpStatus: 503,
    xroad: { prefix: 'server.clientproxy', code: 'malformed_global_conf', oldCode: 'MalformedGlobalConf' },
    peerSees: true,
  },
  directory_stale: {
    meaning: 'The directory held here is older than the network allows.',
    remedy:
      'Check the way to the registry and to the branches that mirror it; exchanges go on as soon as one of them answers.',
    fault: 'operator',
    mayRetry: true,
    httpStatus: 503,
    xroad: { prefix: 'server.clientproxy', code: 'global_conf_outdated', oldCode: 'OutdatedGlobalConf' },
    peerSees: true,
  },
  invalid_agreement: {
    meaning: 'The content or an acceptance of an agreement does not have the agreed form.',
    remedy: 'The details name the place; correct the draft before anybody signs it.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: true,
  },
  registry_unreachable: {
    meaning: 'The registry cannot be reached.',
    remedy: 'Exchanges go on without it; changes wait. Check the address in the anchor and the way there.',
    fault: 'operator',
    mayRetry: true,
    httpStatus: 503,
    xroad: {
      prefix: 'server.clientproxy',
      code: 'service_failed.network_error',
      oldCode: 'ServiceFailed.NetworkError',
    },
    peerSees: true,
  },
  terms_not_enforced: {
    meaning: 'The agreement holds terms that this gateway does not enforce, so it does not sign it.',
    remedy:
      'The details name the terms; agree without them, or wait for a version that enforces them. What others signed stays readable.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: true,
  },
} as const
