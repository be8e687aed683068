import type { Directory } from '../../directory/directory.ts'
import { parseMember, parseSystem } from '../../protocol/identifier.ts'
import { xmlText } from '../../protocol/xroad-error.ts'

/** One member or system of the network, as X-Road lists it. */
export interface ClientRow {
  /** Decoded parts: network, class, member, and the system where it is one. */
  readonly id: readonly string[]
  /** Name of the member. X-Road knows one language: English. */
  readonly name: string
  readonly subsystemName?: string
}

/** Active members and their systems, in the order of the directory. */
export function clientRows(directory: Directory): ClientRow[] {
  return directory.members().flatMap(({ member, name, status }) => {
    if (status !== 'active') return []
    const { network, memberClass, memberCode } = parseMember(member)
    const id = [network, memberClass, memberCode]
    const systems = directory.systemsOf(member).map((system): ClientRow => {
      const { systemCode } = parseSystem(system.system)
      return { id: [...id, systemCode], name: name.en, subsystemName: system.name.en }
    })
    return [{ id, name: name.en }, ...systems]
  })
}

/** Whether the caller asked for JSON; X-Road looks at no quality value, and anything else is XML. */
export function wantsJson(accept: readonly string[]): boolean {
  return accept
    .join(',')
    .split(',')
    .some((range) => (range.split(';', 1)[0] ?? '').trim().toLowerCase() === 'application/json')
}

/** The JSON body of `listClients`. */
export function clientsJson(rows: readonly ClientRow[]): string {
  return JSON.stringify({
    member: rows.map(({ id, name, subsystemName }) => {
      const [network, memberClass, memberCode, system] = id
      const key = { member_class: memberClass, member_code: memberCode, xroad_instance: network }
      return {
        id:
          system === undefined
            ? { object_type: 'MEMBER', ...key }
            : { object_type: 'SUBSYSTEM', ...key, subsystem_code: system },
        name,
        ...(subsystemName === undefined ? {} : { subsystem_name: subsystemName }),
      }
    }),
  })
}

/** The XML body of `listClients`. */
export function clientsXml(rows: readonly ClientRow[]): string {
  const members = rows.map(({ id, name, subsystemName }) => {
    const [network = '', memberClass = '', memberCode = '', system] = id
    const parts = [
      element('id:xRoadInstance', network),
      element('id:memberClass', memberClass),
      element('id:memberCode', memberCode),
      ...(system === undefined ? [] : [element('id:subsystemCode', system)]),
    ]
    const type = system === undefined ? 'MEMBER' : 'SUBSYSTEM'
    const names = [
      element('xroad:name', name),
      ...(subsystemName === undefined ? [] : [element('xroad:subsystemName', subsystemName)]),
    ]
    return `<xroad:member><xroad:id id:objectType="${type}">${parts.join('')}</xroad:id>${names.join('')}</xroad:member>`
  })
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<xroad:clientList xmlns:xroad="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers">' +
    `${members.join('')}</xroad:clientList>`
  )
}

function element(name: string, text: string): string {
  return `<${name}>${xmlText(text)}</${name}>`
}
