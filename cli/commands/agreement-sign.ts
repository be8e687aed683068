import { setTimeout as pause } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { isErrorCode } from '../../src/protocol/error-codes.ts'
import { memberOf } from '../../src/protocol/identifier.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { type AgreementRow, findAgreement, gatewayOfParty } from '../agreements/agreement-rows.ts'
import { type StandInPerson, standInPerson } from '../agreements/stand-in-person.ts'
import { type Signing, waitForSigning } from '../agreements/wait-for-signing.ts'
import { callApi } from '../api-client.ts'
import { gatewayCommand } from '../command-options.ts'
import { type GatewayTarget, gatewayTargets, stateOf, type TargetOptions } from '../target.ts'
import { createVoice, EXIT, type Voice } from '../voice.ts'

interface SignOptions extends TargetOptions {
  readonly json?: boolean
  readonly persona?: string
  readonly language: 'ar' | 'en'
  readonly wait: boolean
}

/** Between two looks. Unit: ms. */
const LOOK_MS = 100
/** How long an agreement with all signatures may take until this gateway has it in force. Unit: ms. */
const PATIENCE_MS = 10_000

interface Begun {
  readonly signing: string
  readonly address: string
  readonly expiresAt: string
}

/** `wusla agreement sign`: an official of one side signs with the national identity. */
export function signCommand(): Command {
  return gatewayCommand(
    'sign',
    'sign as an official of one side: prints the address to open in a browser, and waits',
  )
    .argument('<agreement...>', 'content hashes: up to 20 with one approval')
    .option('--persona <name>', 'in a sandbox: this person of the stand-in approves, without a browser')
    .addOption(new Option('--language <code>', 'language of the pages').choices(['ar', 'en']).default('ar'))
    .option('--no-wait', 'print the address and end; wusla agreement status tells the rest')
    .action(sign)
}

async function sign(agreements: readonly string[], options: SignOptions): Promise<void> {
  const voice = createVoice(options.json === true)
  const person = options.persona === undefined ? undefined : standInPerson(stateOf(options), options.persona)
  const target = await signingGateway(agreements, person, options)
  const { language } = options
  const begun = (await callApi(target, 'POST', '/v1/signings', { agreements, language })) as Begun
  const address = [`open in a browser, before ${begun.expiresAt}:`, `  ${begun.address}`]
  if (!options.wait) {
    if (person !== undefined) await person.visit(begun.address)
    voice.result(begun, person === undefined ? address : [`${person.name} approved`])
    return
  }
  if (person === undefined) for (const line of address) voice.note(line)
  const ended = await untilEnded(target, begun.signing, person, begun.address)
  await tell(ended, target, voice)
}

/** Ctrl-C cancels the signing before the command ends. */
async function untilEnded(
  target: GatewayTarget,
  signing: string,
  person: StandInPerson | undefined,
  address: string,
): Promise<Signing> {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    await person?.visit(address)
    return await waitForSigning(target, signing, stopping.signal)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

/**
 * The gateway of the side that signs. In a sandbox it is that of a member for which the person has a mandate, or else of the
 * only party that has not signed yet.
 */
async function signingGateway(
  agreements: readonly string[],
  person: StandInPerson | undefined,
  options: SignOptions,
): Promise<GatewayTarget> {
  const targets = gatewayTargets(options)
  const [only] = targets
  if (targets.length === 1 && only !== undefined) return only
  const found = await Promise.all(agreements.map(async (id) => await findAgreement(targets, id)))
  const rows = found.map(({ row }) => row)
  const wanted = person === undefined ? unsigned(rows) : mandated(rows, person)
  const what =
    person === undefined
      ? 'several parties may sign it now'
      : `${person.name} may not be asked for one party alone`
  return gatewayOfParty(targets, wanted.length === 0 ? common(rows) : wanted, what)
}

/** The parties of all of them. */
function common(rows: readonly AgreementRow[]): string[] {
  const [first, ...rest] = rows
  return (first?.parties ?? []).filter((party) => rest.every(({ parties }) => parties.includes(party)))
}

function unsigned(rows: readonly AgreementRow[]): string[] {
  return common(rows).filter((party) => rows.every(({ signedBy = [] }) => !signedBy.includes(party)))
}

function mandated(rows: readonly AgreementRow[], { mandates }: StandInPerson): string[] {
  return common(rows).filter((party) => mandates.some(({ member }) => member === party))
}

/** @throws WuslaError why nothing was signed */
async function tell(ended: Signing, target: GatewayTarget, voice: Voice): Promise<void> {
  const { error, failures = [], signed, waitingForSecond = [] } = ended
  if (error !== undefined) {
    const { code, message } = error
    throw new WuslaError(isErrorCode(code) ? code : 'signing_failed', {
      message,
      details: { signing: ended.signing },
    })
  }
  const lines = await Promise.all(
    signed.map(async (agreement) => signedLine(await settled(target, agreement), target)),
  )
  voice.result(ended, [
    ...lines.flat(),
    ...waitingForSecond.map(
      (agreement) => `signed ${agreement}; a second official of the same member has to sign it too`,
    ),
    ...failures.map(({ agreement, code, message }) => `not signed: ${agreement}: ${message} (${code})`),
  ])
  if (ended.status === 'failed' || failures.length > 0) process.exitCode = EXIT.refused
}

/** With the last signature it takes effect within two seconds; then it is no surprise to whoever calls next. */
async function settled(target: GatewayTarget, agreement: string): Promise<AgreementRow> {
  const path = `/v1/agreements/${encodeURIComponent(agreement)}`
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const row = (await callApi(target, 'GET', path)) as AgreementRow
    const isOnItsWay = row.status === 'frozen' && missingOf(row).length === 0
    if (!isOnItsWay || waitedMs >= PATIENCE_MS) return row
    await pause(LOOK_MS)
  }
}

function missingOf({ parties, signedBy = [] }: AgreementRow): string[] {
  return parties.filter((party) => !signedBy.includes(party))
}

function signedLine(row: AgreementRow, target: GatewayTarget): string[] {
  const { id, status } = row
  const done = `signed ${id}${target.id === undefined ? '' : ` for ${memberOf(target.id)}`}`
  const missing = missingOf(row)
  if (missing.length > 0)
    return [done, `next: an official of ${missing.join(', ')} runs wusla agreement sign ${id}`]
  return [
    status === 'in_force' ? `${done}: it is in force` : `${done}: both sides have signed, it is ${status}`,
  ]
}
