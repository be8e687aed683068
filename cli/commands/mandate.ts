import { Command, Option } from 'commander'
import { digest256 } from '../../src/protocol/digest.ts'
import { forgetMandate, noteMandate } from '../agreements/noted-mandate.ts'
import { standInPerson } from '../agreements/stand-in-person.ts'
import { bothLanguages } from '../agreements/terms-options.ts'
import { memberAt } from '../agreements/member-at.ts'
import { callApi } from '../api-client.ts'
import { askAll, failed } from '../ask-gateways.ts'
import { collect, gatewayCommand } from '../command-options.ts'
import { readIdentityNumber } from '../identity-number.ts'
import { readPieces } from '../named-file.ts'
import { instant, wholeNumber } from '../option-values.ts'
import { type GatewayTarget, gatewayTarget, gatewayTargets, stateOf, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'

interface GrantOptions extends TargetOptions {
  readonly json?: boolean
  readonly identityFile?: string
  readonly persona?: string
  readonly officeEn?: string
  readonly officeAr?: string
  readonly kind?: readonly string[]
  readonly dataClass: string
  readonly ceilingAed?: number
  readonly fourEyes?: boolean
  readonly delegable?: boolean
  readonly delegatedFrom?: string
  readonly instrument?: string
  readonly from?: string
  readonly until?: string
}

interface MandateRow {
  readonly mandate: string
  readonly office: { readonly en: string; readonly ar: string }
  readonly kinds: readonly string[]
  readonly dataClassUpTo: string
  readonly ceilingAed?: number
  readonly fourEyes?: boolean
  readonly validFrom: string
  readonly validUntil: string
  readonly standing: string
  readonly hasSalt: boolean
}

const DAY_MS = 86_400_000
const MAX_AED = 1_000_000_000

const PRIVACY = `
The directory shows the office, never the person: of the identity number it holds a salted digest, and the salt stays at the
gateway of the member. The number is read from a file, from standard input (--identity-file -), from WUSLA_IDENTITY_NUMBER or
from a prompt. It is no argument: every account of a machine can read the arguments of running programs.`

/** `wusla mandate …`: who may sign what for a member. */
export function mandateCommands(): Command {
  const group = new Command('mandate').description('which officials may sign for a member: grant, end, list')
  group.addCommand(grantCommand())
  group.addCommand(
    gatewayCommand('end', 'end a mandate for good, with all that were delegated from it')
      .argument('<mandate>', 'id, from `wusla mandate list`')
      .requiredOption('--reason <text>', 'why; public, it stands in the directory')
      .action(end),
  )
  group.addCommand(gatewayCommand('list', 'mandates of this member').action(list))
  return group
}

function grantCommand(): Command {
  return gatewayCommand('grant', 'let an official sign agreements for this member')
    .option('--identity-file <file>', 'file with the identity number; - for standard input')
    .option('--persona <name>', 'instead, in a sandbox: a person of the stand-in')
    .option('--office-en <text>', 'the office in English (default: Authorised signatory)')
    .option('--office-ar <text>', 'the same in Arabic (default: المفوَّض بالتوقيع)')
    .option('--kind <kind>', 'service, hosting or membership; may be repeated (default: service)', collect)
    .addOption(
      new Option('--data-class <class>', 'highest class of data')
        .choices(['open', 'confidential', 'sensitive', 'secret'])
        .default('confidential'),
    )
    .option('--ceiling-aed <aed>', 'highest extra line cost, whole dirhams a month', wholeNumber(0, MAX_AED))
    .option('--four-eyes', 'a second official of the member has to sign too')
    .option('--delegable', 'the official may hand a part of it on')
    .option('--delegated-from <mandate>', 'it is a part of this mandate')
    .option(
      '--instrument <file>',
      'the deed of appointment; its digest is published (not needed with --persona)',
    )
    .option('--from <time>', 'first instant of validity (default: now)', instant)
    .option('--until <time>', 'first instant after it (default: a year from now)', instant)
    .addHelpText('after', PRIVACY)
    .action(grant)
}

async function grant(options: GrantOptions): Promise<void> {
  const target = gatewayTarget(options)
  const state = stateOf(options)
  const { persona } = options
  const person = persona === undefined ? undefined : standInPerson(state, persona)
  if (person?.identityNumber === null)
    throw new UsageError(
      `the provider does not know the identity number of ${person.name}`,
      'choose a person of level SOP2 or SOP3',
    )
  const office = bothLanguages('--office', options.officeEn, options.officeAr) ?? {
    en: 'Authorised signatory',
    ar: 'المفوَّض بالتوقيع',
  }
  const now = Date.now()
  const validUntil = options.until ?? new Date(now + 365 * DAY_MS).toISOString()
  const kinds = options.kind ?? ['service']
  const body = {
    identityNumber: person?.identityNumber ?? (await readIdentityNumber(options.identityFile)),
    office,
    kinds,
    dataClassUpTo: options.dataClass,
    ...scopeOf(options),
    instrument: await instrumentOf(options),
    validFrom: options.from ?? new Date(now).toISOString(),
    validUntil,
  }
  const answer = (await callApi(target, 'POST', '/v1/mandates', body)) as { readonly mandate: string }
  if (person !== undefined && state !== undefined) {
    const member = await memberAt(target)
    await noteMandate(state, {
      persona: person.name,
      member,
      mandate: answer.mandate,
      office,
      kinds,
      validUntil,
    })
  }
  createVoice(options.json === true).result(answer, [`granted ${answer.mandate}, until ${validUntil}`])
}

function scopeOf({ ceilingAed, fourEyes, delegable, delegatedFrom }: GrantOptions): object {
  return {
    ...(ceilingAed === undefined ? {} : { ceilingAed }),
    ...(fourEyes === true ? { fourEyes } : {}),
    ...(delegable === true ? { delegable } : {}),
    ...(delegatedFrom === undefined ? {} : { delegatedFrom }),
  }
}

/** Digest of the deed. People of a stand-in have none: theirs is a sentence that says so. */
async function instrumentOf({ instrument, persona }: GrantOptions): Promise<string> {
  if (instrument === undefined && persona !== undefined)
    return digest256(`TEST ONLY: appointment of ${persona} in a sandbox`)
  if (instrument === undefined)
    throw new UsageError(
      'a mandate rests on a deed of appointment',
      'give --instrument FILE: its digest is published, not the deed',
    )
  return digest256(Buffer.concat(await Array.fromAsync(readPieces('--instrument', instrument))))
}

async function end(
  mandate: string,
  options: TargetOptions & { readonly json?: boolean; readonly reason: string },
): Promise<void> {
  const target = await holderOf(mandate, gatewayTargets(options))
  const path = `/v1/mandates/${encodeURIComponent(mandate)}/end`
  const answer = await callApi(target, 'POST', path, { reason: options.reason })
  const state = stateOf(options)
  if (state !== undefined) await forgetMandate(state, mandate)
  createVoice(options.json === true).result(answer, [`ended ${mandate}; nothing brings it back`])
}

async function holderOf(mandate: string, targets: readonly GatewayTarget[]): Promise<GatewayTarget> {
  const [first] = targets
  if (first !== undefined && targets.length === 1) return first
  const { answers } = await askAll(targets, async (target) => ({ target, rows: await readMandates(target) }))
  const found = answers.find(({ answer }) => answer.rows.some((row) => row.mandate === mandate))
  if (found !== undefined) return found.answer.target
  throw new UsageError(`no member of the sandbox has a mandate ${mandate}`, 'look at wusla mandate list')
}

async function list(options: TargetOptions & { readonly json?: boolean }): Promise<void> {
  const { answers, failures } = await askAll(gatewayTargets(options), async (target) => {
    const member = await memberAt(target)
    return (await readMandates(target)).map((row) => ({ member, ...row }))
  })
  const voice = createVoice(options.json === true)
  for (const { gateway, error } of failures) voice.note(`warning: ${gateway}: ${error.message}`)
  const mandates = answers.flatMap(({ answer }) => answer)
  voice.result(
    { mandates, ...failed(failures) },
    mandates.length === 0 ? ['none'] : mandates.map(mandateLine),
  )
}

async function readMandates(target: GatewayTarget): Promise<readonly MandateRow[]> {
  return ((await callApi(target, 'GET', '/v1/mandates')) as { mandates: readonly MandateRow[] }).mandates
}

function mandateLine(row: MandateRow & { readonly member: string }): string {
  const {
    member,
    mandate,
    office,
    kinds,
    dataClassUpTo,
    ceilingAed,
    fourEyes,
    validUntil,
    standing,
    hasSalt,
  } = row
  return [
    mandate,
    standing,
    member,
    `${office.en} · ${office.ar}`,
    `${kinds.join(', ')} up to ${dataClassUpTo}`,
    ...(ceilingAed === undefined ? [] : [`up to AED ${ceilingAed} a month`]),
    ...(fourEyes === true ? ['with a second official'] : []),
    `until ${validUntil.slice(0, 10)}`,
    ...(hasSalt ? [] : ['its salt is at another node']),
  ].join('  ')
}
