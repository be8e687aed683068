import type { Bilingual, Grant } from '../../agreement.ts'
import type { FacingLines, Row } from './document-model.ts'
import { facing, idRow, lines, quoted, row } from './facing.ts'
import { nothingLeft } from './nothing-left.ts'
import { groupDigits, hoursText } from './number-texts.ts'
import { DATA_CLASSES, KINDS, LIMITS, WORDS } from './words.ts'

/** `Permission 3`, with the name of the service if it has one. */
export function grantName({ serviceName }: Grant, number: number): FacingLines {
  const { permission } = WORDS
  if (serviceName === undefined)
    return facing({ ar: `${permission.ar} ${number}`, en: `${permission.en} ${number}` })
  return {
    ar: [[`${permission.ar} ${number}: `, { own: serviceName.ar }]],
    en: [[`${permission.en} ${number}: `, { own: serviceName.en }]],
  }
}

/** Every term of one grant. */
export function grantRows(grant: Grant): Row[] {
  const { service, serviceName: _named, operations, clients, kinds, dataClass, ...terms } = grant
  const { purpose, legalBasis, limits, hours, transit, retainPayload, acknowledgementRequired, ...unseen } =
    terms
  nothingLeft(unseen)
  return [
    idRow(WORDS.service, [service]),
    idRow(
      WORDS.operations,
      operations.map(({ method, path }) => `${method} ${path}`.trimEnd()),
    ),
    clients === undefined ? row(WORDS.clients, facing(WORDS.allClients)) : idRow(WORDS.clients, clients),
    row(WORDS.kinds, facing(joined(kinds.map((kind) => KINDS[kind])))),
    ...purposeRows(purpose),
    ...(legalBasis === undefined ? [] : [{ label: WORDS.legalBasis, shared: [{ own: legalBasis }] }]),
    row(WORDS.dataClass, facing(DATA_CLASSES[dataClass])),
    ...limitRows(limits),
    ...hourRows(hours),
    ...transitRows(transit),
    row(WORDS.retention, facing(retainPayload === true ? WORDS.retained : WORDS.notRetained)),
    row(WORDS.acknowledgement, facing(acknowledgementRequired === true ? WORDS.required : WORDS.notRequired)),
  ]
}

function purposeRows(purpose: Grant['purpose']): Row[] {
  if (purpose === undefined) return []
  return [isCodes(purpose) ? idRow(WORDS.purposeCodes, purpose) : row(WORDS.purpose, quoted(purpose))]
}

function isCodes(purpose: Bilingual | readonly string[]): purpose is readonly string[] {
  return Array.isArray(purpose)
}

function limitRows(limits: Grant['limits']): Row[] {
  if (limits === undefined) return []
  const { requestsPerSecond, requestsPerDay, bytesPerDay, ...unseen } = limits
  nothingLeft(unseen)
  const told = Object.entries({ requestsPerSecond, requestsPerDay, bytesPerDay }).flatMap(([name, limit]) => {
    if (limit === undefined) return []
    const words = LIMITS[name as keyof typeof LIMITS]
    return [{ ar: [`${words.ar}: ${groupDigits(limit)}`], en: [`${words.en}: ${groupDigits(limit)}`] }]
  })
  return [row(WORDS.limits, lines(told))]
}

function hourRows(hours: Grant['hours']): Row[] {
  if (hours === undefined) return []
  const { ar, en } = hoursText(hours)
  const zone = { ltr: hours.timeZone }
  return [row(WORDS.hours, lines([{ ar: [`${ar} (توقيت `, zone, ')'], en: [`${en} (time of `, zone, ')'] }]))]
}

function transitRows(transit: Grant['transit']): Row[] {
  if (transit === undefined) return []
  const { avoid, only, onlyClasses, ...unseen } = transit
  nothingLeft(unseen)
  return [
    ...(avoid === undefined ? [] : [idRow(WORDS.transitAvoid, avoid)]),
    ...(only === undefined ? [] : [idRow(WORDS.transitOnly, only)]),
    ...(onlyClasses === undefined ? [] : [idRow(WORDS.transitClasses, onlyClasses)]),
  ]
}

function joined(words: readonly Bilingual[]): Bilingual {
  return { ar: words.map(({ ar }) => ar).join('، '), en: words.map(({ en }) => en).join(', ') }
}
