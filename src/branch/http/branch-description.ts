const text = { 'text/plain': { schema: { type: 'string' } } }
const bytes = { 'application/octet-stream': { schema: {} } }
const failure = { description: 'Refused or failed: one line of text.', content: text }
const busy = { description: 'Too many requests from this address, or too many snapshots.', content: text }

/** What the HTTP server of a branch answers, in OpenAPI 3.1. Served at `/openapi.json`. */
export const BRANCH_DESCRIPTION = {
  openapi: '3.1.0',
  info: {
    title: 'Branch',
    description: 'Health and status of a branch, its mirror of the directory, and its witness.',
    version: '1.0.0',
  },
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'An API token, through the TLS proxy only.' },
    },
  },
  paths: {
    '/healthz': {
      get: {
        summary: 'Whether the branch takes new tunnels',
        responses: {
          200: { description: 'It does.', content: text },
          503: { description: 'It drains.', content: text },
        },
      },
    },
    '/leaving': {
      get: {
        summary: 'How far the leave of the branch has come',
        responses: {
          200: {
            description: 'It takes its leave, and so many tunnels are left.',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['tunnels'],
                  properties: { tunnels: { type: 'integer' } },
                },
              },
            },
          },
          404: { description: 'It stays.', content: text },
        },
      },
    },
    '/status': {
      get: {
        summary: 'Gateways, links, tunnels, how full each line is, and alarms',
        description: 'Answered to this machine, and through the TLS proxy on it to bearers of an API token.',
        security: [{}, { bearer: [] }],
        responses: {
          200: {
            description: 'The state of this moment.',
            content: { 'application/json': { schema: { type: 'object' } } },
          },
          403: failure,
        },
      },
    },
    '/log/{path}': {
      get: {
        summary: 'Mirror of the directory: checkpoint, tiles, entry bundles and snapshot',
        parameters: [
          {
            name: 'path',
            in: 'path',
            required: true,
            description: 'May hold slashes.',
            schema: { type: 'string' },
          },
          {
            name: 'beyond',
            in: 'query',
            description: 'Waits for a larger checkpoint.',
            schema: { type: 'integer' },
          },
        ],
        responses: {
          200: { description: 'The resource.', content: { ...text, ...bytes } },
          404: failure,
          429: busy,
          503: busy,
        },
      },
    },
    '/witness/add-checkpoint': {
      post: {
        summary: 'Cosign a checkpoint (C2SP tlog-witness)',
        requestBody: { required: true, content: text },
        responses: {
          200: { description: 'The cosignature.', content: text },
          400: failure,
          403: failure,
          404: failure,
          409: { description: 'The size it cosigned last.', content: { 'text/x.tlog.size': { schema: {} } } },
          413: failure,
          422: failure,
          429: busy,
        },
      },
    },
    '/witness/{origin}/checkpoint': {
      get: {
        summary: 'The newest checkpoint it cosigned of the log whose origin has this SHA-256',
        parameters: [
          {
            name: 'origin',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          },
        ],
        responses: { 200: { description: 'A signed note.', content: text }, 404: failure, 429: busy },
      },
    },
  },
} as const
