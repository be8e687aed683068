import { PORTS, type SmallNetwork } from './small-network.ts'
import { untilTrue } from './until-true.ts'

/**
 * Publishes a service of one member and lets a client of another use it.
 *
 * @returns its address at the consumer's front door, on the consumer's host
 */
export async function offerService(
  network: SmallNetwork,
  provider: string,
  service: string,
  client: string,
  url: string,
): Promise<string> {
  const consumer = client.split('/')[2]?.toLowerCase() ?? ''
  const operations = [{ method: '*', path: '/**' }]
  const name = { ar: 'خدمة', en: 'service' }
  const body = { service, kind: 'api', name, operations, target: { url } }
  await network.admin(provider, 'POST', '/v1/services', body)
  await network.admin(consumer, 'PUT', '/v1/clients', {
    client,
    rules: [{ kind: 'address', allow: ['127.0.0.1'] }],
  })
  const { agreement } = (await network.admin(consumer, 'POST', '/v1/agreements', {
    title: { ar: 'اتفاقية', en: 'Agreement' },
    parties: [
      { member: memberOf(service), role: 'provider' },
      { member: memberOf(client), role: 'consumer' },
    ],
    grants: [{ service, clients: [client], operations, kinds: ['api'], dataClass: 'confidential' }],
    validFrom: new Date(Date.now() - 60_000).toISOString(),
    validUntil: new Date(Date.now() + 86_400_000).toISOString(),
  })) as { agreement: string }
  await network.admin(provider, 'POST', `/v1/agreements/${agreement}/accept`, {})
  await untilTrue(`${service} is agreed`, async () => {
    const { agreements } = (await network.admin(consumer, 'GET', '/v1/agreements')) as {
      agreements: { agreement: string; status: string }[]
    }
    return agreements.some((row) => row.agreement === agreement && row.status === 'in_force')
  })
  return `http://127.0.0.1:${PORTS.frontDoor}/r1/${service}`
}

function memberOf(id: string): string {
  return id.split('/').slice(0, 3).join('/')
}
