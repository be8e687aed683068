import type { FastifyInstance } from 'fastify'
import type { SwitchBoard } from '../control/switches.ts'
import { Certificate } from 'pkijs'
import { answerStatus, type Revocations, serialOf } from './answer-status.ts'
import { answerTimeStamp } from './answer-time-stamp.ts'
import { revocationList } from './revocation-list.ts'
import type { TestAuthority } from './test-authority.ts'

const MAX_REQUEST_BYTES = 65_536

/** The part of the stand-in that is a certification authority. */
export interface AuthorityParts {
  readonly authority: TestAuthority
  readonly switches: SwitchBoard
  readonly now: () => Date
}

/** Certificates, revocation lists, OCSP and time-stamps, at the addresses that the certificates name. */
export function addAuthorityRoutes(
  server: FastifyInstance,
  { authority, switches, now }: AuthorityParts,
): void {
  for (const type of ['application/timestamp-query', 'application/ocsp-request'])
    server.addContentTypeParser(
      type,
      { parseAs: 'buffer', bodyLimit: MAX_REQUEST_BYTES },
      (_request, body, done) => done(null, body),
    )
  const revoked = (): Revocations => revokedNow(authority, switches)
  for (const [name, { certificate }] of [
    ['root', authority.root],
    ['issuing', authority.issuing],
  ] as const)
    server.get(
      `/authority/${name}.cer`,
      async (_request, reply) =>
        await reply.header('content-type', 'application/pkix-cert').send(Buffer.from(certificate)),
    )
  server.get(
    '/authority/root.crl',
    async (_request, reply) =>
      await reply
        .header('content-type', 'application/pkix-crl')
        .send(Buffer.from(await revocationList(authority.root, new Map(), now()))),
  )
  server.get(
    '/authority/issuing.crl',
    async (_request, reply) =>
      await reply
        .header('content-type', 'application/pkix-crl')
        .send(Buffer.from(await revocationList(authority.issuing, revoked(), now()))),
  )
  const status = async (request: Buffer): Promise<Buffer> =>
    Buffer.from(await answerStatus(Uint8Array.from(request), authority, revoked(), now()))
  server.post(
    '/authority/ocsp',
    async (request, reply) =>
      await reply
        .header('content-type', 'application/ocsp-response')
        .send(await status(bytesOf(request.body))),
  )
  // RFC 6960 appendix A.1: small questions may be part of the address.
  server.get('/authority/ocsp/*', async (request, reply) => {
    const { '*': encoded } = request.params as { readonly '*': string }
    return await reply
      .header('content-type', 'application/ocsp-response')
      .send(await status(Buffer.from(encoded, 'base64')))
  })
  server.post('/authority/time-stamp', async (request, reply) => {
    if (switches.now.timeStampDown) return await reply.code(503).send({ error: 'temporarily_unavailable' })
    const answer = await answerTimeStamp(Uint8Array.from(bytesOf(request.body)), authority, now())
    return await reply.header('content-type', 'application/timestamp-reply').send(Buffer.from(answer))
  })
}

/** The revoked certificates, as the switches say. */
export function revokedNow(authority: TestAuthority, switches: SwitchBoard): Revocations {
  return new Map(
    Object.entries(switches.now.revoked).flatMap(([name, at]) => {
      const keyed = authority.persons[name]
      return keyed === undefined
        ? []
        : [[serialOf(Certificate.fromBER(keyed.certificate).serialNumber), new Date(at)] as const]
    }),
  )
}

function bytesOf(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}
