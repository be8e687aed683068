/** Errors about the backend of a service. Keep the rows sorted. */
export const backendErrors = {
  backend_authority_unreadable: {
    meaning:
      "The provider's gateway cannot read the certificate of the authority that vouches for the backend of the service.",
    remedy:
      'The administrator of the provider puts a PEM file with the certificate where the service names it, readable by the gateway, or publishes the service with another `--ca-file`; no restart is needed.',
    fault: 'provider',
    mayRetry: false,
    httpStatus: 502,
    xroad: {
      prefix: 'server.serverproxy',
      code: 'service_failed.network_error',
      oldCode: 'ServiceFailed.NetworkError',
    },
    peerSees: true,
  },
  backend_http_error: {
    meaning: 'The backend of the service did not answer in HTTP.',
    remedy:
      'The provider checks that the service address leads to an HTTP server of the expected kind (plain or TLS).',
    fault: 'provider',
    mayRetry: false,
    httpStatus: 502,
    xroad: {
      prefix: 'server.serverproxy',
      code: 'service_failed.http_error',
      oldCode: 'ServiceFailed.HttpError',
    },
    peerSees: true,
  },
  backend_timeout: {
    meaning: 'The backend of the service did not answer in time.',
    remedy:
      'The provider looks for the cause in the backend or raises the time-out of the service; the caller may try an idempotent call again.',
    fault: 'provider',
    mayRetry: true,
    httpStatus: 504,
    xroad: {
      prefix: 'server.serverproxy',
      code: 'service_failed.io_error',
      oldCode: 'ServiceFailed.IOError',
    },
    peerSees: true,
  },
  backend_unreachable: {
    meaning: "The provider's gateway cannot connect to the backend of the service.",
    remedy:
      'The provider checks that the backend runs, its address and name resolution, and the firewall between gateway and backend.',
    fault: 'provider',
    mayRetry: true,
    httpStatus: 502,
    xroad: {
      prefix: 'server.serverproxy',
      code: 'service_failed.network_error',
      oldCode: 'ServiceFailed.NetworkError',
    },
    peerSees: true,
  },
} as const
