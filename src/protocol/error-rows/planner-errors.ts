/** Errors of the planner. Keep the rows sorted. */
export const plannerErrors = {
  design_infeasible: {
    meaning: 'No choice of the candidates carries all demands.',
    remedy: 'The details name what cannot be carried; offer more candidate lines or ask for less.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 422,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: false,
  },
  invalid_network_model: {
    meaning: 'A description of a network does not have the documented form, or it contradicts itself.',
    remedy: 'The details name every place; compare it with docs/spec/network-model.md.',
    fault: 'client',
    mayRetry: false,
    httpStatus: 400,
    xroad: { prefix: 'server.clientproxy', code: 'invalid_request', oldCode: 'InvalidRequest' },
    peerSees: false,
  },
  solver_failed: {
    meaning: 'The solver ended without an answer.',
    remedy: 'Give it more time or a smaller network; if it ends at once, report it to the project.',
    fault: 'operator',
    mayRetry: true,
    httpStatus: 500,
    xroad: { prefix: 'server.clientproxy', code: 'internal_error', oldCode: 'InternalError' },
    peerSees: false,
  },
} as const
