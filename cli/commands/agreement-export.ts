import { createHash } from 'node:crypto'
import { type Command, Option } from 'commander'
import { type Agreement, agreementHash, decodeAgreement, kindOf } from '../../src/agreements/agreement.ts'
import { builtInTemplate, readTemplate } from '../../src/agreements/document-template.ts'
import { renderAgreement, signaturePlaces, type ThemeName } from '../../src/agreements/render-agreement.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { callApi } from '../api-client.ts'
import { askAll } from '../ask-gateways.ts'
import { gatewayCommand } from '../command-options.ts'
import { writeNamedFile } from '../named-file.ts'
import { gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

interface ExportOptions extends TargetOptions {
  readonly json?: boolean
  readonly out: string
  readonly theme: ThemeName
  readonly templateDir?: string
}

interface HeldAgreement {
  readonly agreement: string
  readonly content?: unknown
}

/** `wusla agreement export`: the document for people. */
export function exportCommand(): Command {
  return gatewayCommand('export', 'write the document of an agreement as PDF, in Arabic and English')
    .argument('<agreement>', 'content hash')
    .requiredOption('--out <file>', 'where to write it')
    .addOption(
      new Option('--theme <name>', 'fonts and colours').choices(['neutral', 'national']).default('neutral'),
    )
    .option('--template-dir <folder>', 'folder of your own template (default: the one that comes with wusla)')
    .action(exportAgreement)
}

async function exportAgreement(agreement: string, options: ExportOptions): Promise<void> {
  const content = await findContent(agreement, options)
  const { templateDir, theme, out } = options
  const template =
    templateDir === undefined ? await builtInTemplate(kindOf(content)) : await readTemplate(templateDir)
  const pdf = await renderAgreement(content, template, { theme })
  const places = await signaturePlaces(content, template, { theme })
  await writeNamedFile('--out', out, pdf)
  const sha256 = createHash('sha256').update(pdf).digest('hex')
  const { name, digest } = template
  createVoice(options.json === true).result(
    {
      agreement,
      kind: kindOf(content),
      file: out,
      bytes: pdf.length,
      sha256,
      theme,
      template: { name, digest },
      signaturePlaces: places,
    },
    [`wrote ${out}: ${pdf.length} bytes, SHA-256 ${sha256}`],
  )
}

/** In a sandbox without a named gateway any party will do: all hold the same content. */
async function findContent(agreement: string, options: TargetOptions): Promise<Agreement> {
  const { answers } = await askAll(gatewayTargets(options), async (target) => {
    const answer = await callApi(target, 'GET', '/v1/agreements')
    return (answer as { agreements: readonly HeldAgreement[] }).agreements
  })
  const held = answers
    .flatMap(({ answer }) => answer)
    .find((each) => each.agreement === agreement && each.content !== undefined)
  if (held === undefined) throw new WuslaError('agreement_not_found', { details: { agreement } })
  const content = decodeAgreement(held.content)
  if (agreementHash(content) !== agreement)
    throw new WuslaError('invalid_agreement', {
      message: 'The gateway shows another content than the hash names.',
      details: { agreement },
    })
  return content
}
