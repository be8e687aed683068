import { gatewayOf, MEMBERS, NETWORK, portsFrom } from './layout.ts'

/** A call that a newcomer can copy. */
export interface Example {
  readonly title: string
  readonly curl: string
}

/** First calls through the sandbox: each answers as it stands. */
export function examplesFor(portBase: number): Example[] {
  const rta = frontDoorOf(`${NETWORK}/GOV/RTA`, portBase)
  const dha = frontDoorOf(`${NETWORK}/GOV/DHA`, portBase)
  const licensing = `-H 'X-Road-Client: ${NETWORK}/GOV/RTA/LICENSING'`
  return [
    {
      title: 'RTA asks DEWA for the bills of an account',
      curl: `curl -i ${licensing} '${rta}/r1/${NETWORK}/SEMI/DEWA/BILLING/bills/bills?account=2000000001'`,
    },
    {
      title: 'RTA keeps a document in the archive at branch MORO',
      curl: `curl -i ${licensing} -T package.json ${rta}/r1/${NETWORK}/COM/MORO/CLOUD/archive/objects/licences/1.json`,
    },
    {
      title: 'DHA calls an open service: no agreement needed',
      curl: `curl -i -H 'X-Road-Client: ${NETWORK}/GOV/DHA/PERMITS' ${dha}/r1/${NETWORK}/GOV/DDA/PORTAL/holidays/holidays`,
    },
    {
      title: 'DHA has no agreement with DEWA: refused, with the reason and the remedy',
      curl: `curl -i -H 'X-Road-Client: ${NETWORK}/GOV/DHA/PERMITS' '${dha}/r1/${NETWORK}/SEMI/DEWA/BILLING/bills/bills?account=2000000001'`,
    },
  ]
}

function frontDoorOf(member: string, portBase: number): string {
  const index = MEMBERS.findIndex((entry) => gatewayOf(entry.member) === gatewayOf(member))
  return `http://127.0.0.1:${portsFrom(portBase).gateway(index).frontDoor}`
}
