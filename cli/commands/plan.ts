import { readFile, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { extendModel } from '../../src/planner/decode-model.ts'
import { designNetwork, designSndlib } from '../../src/planner/design-network.ts'
import type { DesignOptions } from '../../src/planner/design-network.ts'
import { designReport } from '../../src/planner/design-report.ts'
import { drawDesign } from '../../src/planner/draw-design.ts'
import { drawImpact } from '../../src/planner/draw-network.ts'
import { impactReport } from '../../src/planner/impact-report.ts'
import type { Language } from '../../src/planner/impact-report.ts'
import { readAddition, readModel } from '../../src/planner/read-model.ts'
import { studyImpact } from '../../src/planner/study-impact.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { collect } from '../command-options.ts'
import { createVoice, UsageError } from '../voice.ts'

interface ImpactOptions {
  readonly json?: boolean
  readonly model?: string
  readonly addBranch?: readonly string[]
  readonly addLine?: readonly string[]
  readonly addAgreement?: readonly string[]
  readonly language: string
  readonly svg?: string
}

interface DesignCommandOptions {
  readonly json?: boolean
  readonly model?: string
  readonly sndlib?: string
  readonly sndlibModel?: string
  readonly survive?: string
  readonly timeLimit: string
  readonly language: string
  readonly svg?: string
}

/** `wusla plan …`: what a branch, line or agreement would do, and where lines should go. */
export function planCommands(): Command {
  const group = new Command('plan').description('what would this branch do, and where should lines go')
  group.addCommand(
    new Command('impact')
      .description('before and after: who reaches what, what one failure takes away, what the lines cost')
      .option('--model <file>', 'the network: our own JSON, SNDlib native text or GraphML')
      .option('--add-branch <file>', 'a branch with its lines and services; may be given again', collect)
      .option('--add-line <file>', 'a line; may be given again', collect)
      .option('--add-agreement <file>', 'an agreement, a draft or a signed one; may be given again', collect)
      .option('--language <code>', 'en or ar', 'en')
      .option('--svg <file>', 'also draw the network, what is new in it and where it would break')
      .option('--json', 'print one line of JSON')
      .action(impact),
  )
  group.addCommand(
    new Command('design')
      .description('the cheapest lines and branches that carry the demands, with a proof or an honest gap')
      .option('--model <file>', 'our own model with candidates and demands')
      .option('--sndlib <file>', 'a network in SNDlib native text')
      .option('--sndlib-model <file>', 'its model file; without one D-B-M-N-C-A-N-N')
      .option(
        '--survive <what>',
        'none, line (any one line or shared-risk group) or branch (or any one branch)',
      )
      .option('--time-limit <seconds>', 'when to stop looking for a cheaper one', '60')
      .option('--language <code>', 'en or ar', 'en')
      .option('--svg <file>', 'also draw it')
      .option('--json', 'print one line of JSON')
      .action(design),
  )
  return group
}

async function design(options: DesignCommandOptions): Promise<void> {
  const language = languageOf(options.language)
  const { model, sndlib } = options
  const file = model ?? sndlib
  if (file === undefined || (model !== undefined && sndlib !== undefined))
    throw new UsageError('a design is for one network', 'give --model FILE or --sndlib FILE')
  const bytes = await bytesOf(file)
  const asked = designOptions(options)
  const text = (part: Uint8Array): string => Buffer.from(part).toString('utf8')
  const stated = options.sndlibModel === undefined ? undefined : text(await bytesOf(options.sndlibModel))
  const found =
    model === undefined
      ? await designSndlib(text(bytes), stated, asked)
      : await designNetwork(readModel(bytes), asked)
  if (options.svg !== undefined) await writeFile(options.svg, drawDesign(readModel(bytes), found, language))
  createVoice(options.json === true).result(found, designReport(found, language))
}

function designOptions({ survive, timeLimit }: DesignCommandOptions): DesignOptions {
  const seconds = Number(timeLimit)
  if (!(seconds >= 1 && seconds <= 86_400))
    throw new UsageError(`"${timeLimit}" is not a time limit`, 'give seconds from 1 to 86400')
  const timeLimitMs = seconds * 1_000
  if (survive === undefined) return { timeLimitMs }
  if (survive === 'none' || survive === 'line' || survive === 'branch')
    return { timeLimitMs, survivability: survive }
  throw new UsageError(`"${survive}" is nothing that can be survived`, 'give none, line or branch')
}

async function impact(options: ImpactOptions): Promise<void> {
  const language = languageOf(options.language)
  const model = readModel(await bytesOf(options.model ?? missing()))
  const additions = await readAdditions(options)
  const study = studyImpact(model, additions)
  if (options.svg !== undefined) {
    const extended = extendModel(model, ...additions)
    await writeFile(options.svg, drawImpact(model, extended, study, language))
  }
  createVoice(options.json === true).result(study, impactReport(study, language))
}

async function readAdditions({ addBranch = [], addLine = [], addAgreement = [] }: ImpactOptions) {
  const read = async (files: readonly string[], part: 'branches' | 'lines' | 'agreements') =>
    await Promise.all(
      files.map(async (file) => {
        const addition = readAddition(await bytesOf(file))
        if (addition[part].length > 0) return addition
        throw new UsageError(
          `${file} adds no ${part}`,
          'see docs/spec/network-model.md for what it should hold',
        )
      }),
    )
  return [
    ...(await read(addBranch, 'branches')),
    ...(await read(addLine, 'lines')),
    ...(await read(addAgreement, 'agreements')),
  ]
}

async function bytesOf(file: string): Promise<Uint8Array> {
  return await readFile(file).catch((cause: unknown) => {
    throw new WuslaError('file_unreadable', { details: { file }, cause })
  })
}

function languageOf(code: string): Language {
  if (code === 'en' || code === 'ar') return code
  throw new UsageError(`"${code}" is not a language of this program`, 'give --language en or --language ar')
}

function missing(): never {
  throw new UsageError('nothing says which network is meant', 'give --model FILE')
}
