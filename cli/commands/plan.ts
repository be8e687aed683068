import { Command, Option } from 'commander'
import { extendModel } from '../../src/planner/decode-model.ts'
import { designNetwork, designSndlib } from '../../src/planner/design-network.ts'
import type { Design, Survivability } from '../../src/planner/design-network.ts'
import { designReport } from '../../src/planner/design-report.ts'
import { drawDesign } from '../../src/planner/draw-design.ts'
import { drawImpact } from '../../src/planner/draw-network.ts'
import { encodeModel } from '../../src/planner/decode-model.ts'
import { impactReport } from '../../src/planner/impact-report.ts'
import type { NetworkModel } from '../../src/planner/network-model.ts'
import { readAddition, readModel } from '../../src/planner/read-model.ts'
import { studyImpact } from '../../src/planner/study-impact.ts'
import { collect, languageOption, registryCommand } from '../command-options.ts'
import type { Language } from '../explain-lines.ts'
import { writeNamedFile } from '../named-file.ts'
import { positiveNumber, wholeNumber } from '../option-values.ts'
import { planAdditions, planModel, readPlanFile } from '../plan/plan-model.ts'
import type { ModelOptions } from '../plan/plan-model.ts'
import { createVoice, UsageError } from '../voice.ts'

interface PlanOptions extends ModelOptions {
  readonly json?: boolean
  readonly language: Language
  readonly svg?: string
}

interface ImpactOptions extends PlanOptions {
  readonly addBranch?: readonly string[]
  readonly addLine?: readonly string[]
  readonly addAgreement?: readonly string[]
}

interface DesignCommandOptions extends PlanOptions {
  readonly candidates?: string
  readonly sndlib?: string
  readonly sndlibModel?: string
  readonly survive?: Survivability
  readonly timeLimit: number
}

/** `wusla plan …`: what a branch, line or agreement would do, and where lines should go. */
export function planCommands(): Command {
  const group = new Command('plan').description('what would this branch do, and where should lines go')
  group.addCommand(
    modelCommand('impact', 'before and after: who reaches what, what one failure takes away, what lines cost')
      .option('--add-branch <file>', 'a branch with its lines and services; may be given again', collect)
      .option('--add-line <file>', 'a line; may be given again', collect)
      .option('--add-agreement <file>', 'an agreement, a draft or a signed one; may be given again', collect)
      .addOption(languageOption())
      .option('--svg <file>', 'also draw the network, what is new in it and where it would break')
      .action(impact),
  )
  group.addCommand(
    modelCommand('design', 'the cheapest lines and branches that carry the demands, proven or with its gap')
      .option('--candidates <file>', 'what may be leased and what must be carried, beside the model')
      .option('--sndlib <file>', 'a network in SNDlib native text instead of a model')
      .option('--sndlib-model <file>', 'its model file; without one D-B-M-N-C-A-N-N')
      .addOption(
        new Option(
          '--survive <what>',
          'what may fail: any one line or risk group, or any one branch too',
        ).choices(['none', 'line', 'branch']),
      )
      .option('--time-limit <seconds>', 'when to stop looking for a cheaper one', positiveNumber(86_400), 60)
      .addOption(languageOption())
      .option('--svg <file>', 'also draw it')
      .action(design),
  )
  group.addCommand(
    modelCommand('model', 'the live network as a model file, to be changed by hand')
      .option('--out <file>', 'where to write it; without one it is printed')
      .action(model),
  )
  return group
}

/** A command about a network: that of a file, or the live one. */
function modelCommand(name: string, description: string): Command {
  return registryCommand(name, description)
    .option('--model <file>', 'our own JSON, SNDlib native text or GraphML; without one the live network')
    .option('--anchor <file>', 'trust anchor of the live network; a sandbox names its own')
    .option(
      '--measure <seconds>',
      'count the traffic of the live network for so long',
      wholeNumber(1, 3_600),
      0,
    )
}

async function impact(options: ImpactOptions): Promise<void> {
  const { addBranch = [], addLine = [], addAgreement = [], language, svg } = options
  const additions = await planAdditions({ branches: addBranch, lines: addLine, agreements: addAgreement })
  const voice = createVoice(options.json === true)
  const before = await planModel(options, voice.note)
  const study = studyImpact(before, additions)
  if (svg !== undefined)
    await writeNamedFile('--svg', svg, drawImpact(before, extendModel(before, ...additions), study, language))
  voice.result(study, impactReport(study, language))
}

async function design(options: DesignCommandOptions): Promise<void> {
  const { language, svg } = options
  const voice = createVoice(options.json === true)
  const { network, found } = await designed(options, voice.note)
  if (svg !== undefined) await writeNamedFile('--svg', svg, drawDesign(network, found, language))
  voice.result(found, designReport(found, language))
}

async function designed(
  options: DesignCommandOptions,
  note: (text: string) => void,
): Promise<{ network: NetworkModel; found: Design }> {
  const { candidates, sndlib, sndlibModel, survive } = options
  const asked = {
    timeLimitMs: options.timeLimit * 1_000,
    ...(survive === undefined ? {} : { survivability: survive }),
  }
  if (sndlib === undefined) {
    const base = await planModel(options, note)
    const network =
      candidates === undefined
        ? base
        : extendModel(base, readAddition(await readPlanFile('--candidates', candidates)))
    return { network, found: await designNetwork(network, asked) }
  }
  if (options.model !== undefined || candidates !== undefined)
    throw new UsageError('a design is for one network', 'give --model (and --candidates), or --sndlib')
  const bytes = await readPlanFile('--sndlib', sndlib)
  const stated = sndlibModel === undefined ? undefined : await readPlanFile('--sndlib-model', sndlibModel)
  const found = await designSndlib(bytes.toString('utf8'), stated?.toString('utf8'), asked)
  return { network: readModel(bytes), found }
}

async function model(options: PlanOptions & { readonly out?: string }): Promise<void> {
  const voice = createVoice(options.json === true)
  const encoded = encodeModel(await planModel(options, voice.note))
  const text = JSON.stringify(encoded, null, 2)
  if (options.out === undefined) return voice.result(encoded, [text])
  await writeNamedFile('--out', options.out, `${text}\n`)
  voice.result({ out: options.out }, [`wrote ${options.out}`])
}
