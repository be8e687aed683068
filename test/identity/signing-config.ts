import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestStandIn } from '../../sandbox/identity/testing/stand-in-client.ts'
import type { GatewayConfig } from '../../src/gateway/gateway-config.ts'

/** The configuration of a gateway whose officials sign at a stand-in; its secret goes into the state folder. */
export async function configFor(
  standIn: TestStandIn,
  gateway: string,
  folder: string,
  port: number,
): Promise<GatewayConfig> {
  const publicUrl = `http://127.0.0.1:${port}`
  const { id: clientId, secret } = standIn.standIn.client
  const redirectUri = `${publicUrl}/sign/callback`
  await standIn.control('POST', `/clients/${clientId}/redirect-uris`, { redirectUris: [redirectUri] })
  await writeFile(join(folder, 'uae-pass.secret'), secret, { mode: 0o600 })
  const at = (path: string): string => `${standIn.url}${path}`
  const resources = '/trustedx-resources/esignsp/v2'
  return {
    gateway,
    anchor: 'anchor.json',
    registry: 'http://127.0.0.1:1',
    frontDoor: {},
    admin: { listen: `127.0.0.1:${port}` },
    testAuthorities: true,
    identity: {
      publicUrl,
      uaePass: {
        authorize: at('/idshub/authorize'),
        token: at('/idshub/token'),
        userinfo: at('/idshub/userinfo'),
        introspect: at('/idshub/introspect'),
        clientId,
        secretFile: 'uae-pass.secret',
        redirectUri,
        signing: {
          token: at('/trustedx-authserver/oauth/main-as/token'),
          processes: at(`${resources}/signer_processes`),
          documents: at(`${resources}/documents`),
          clientId,
          secretFile: 'uae-pass.secret',
        },
        pollMs: 50,
      },
    },
  }
}
