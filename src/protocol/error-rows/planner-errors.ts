/** Errors of the planner. Keep the rows sorted. */
export const plannerErrors = {
  invalid_network_model: {
    meaning: 'A description of a network does not have the documented form, or it contradicts itself.',
    remedy: 'The details name every place; compare it with docs/spec/network-model.md.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 400,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: false,
  },
} as const
