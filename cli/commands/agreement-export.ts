import { createHash } from 'node:crypto'
import { type Command, Option } from 'commander'
import { type Agreement, agreementHash, decodeAgreement, kindOf } from '../../src/agreements/agreement.ts'
import { builtInTemplate, readTemplate } from '../../src/agreements/document-template.ts'
import { renderAgreement, signaturePlaces, type ThemeName } from '../../src/agreements/render-agreement.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { type AgreementRow, findAgreement, type Held } from '../agreements/agreement-rows.ts'
import { readBytes } from '../api-client.ts'
import { gatewayCommand } from '../command-options.ts'
import { writeNamedFile } from '../named-file.ts'
import { gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

interface ExportOptions extends TargetOptions {
  readonly json?: boolean
  readonly out: string
  readonly theme?: ThemeName
  readonly templateDir?: string
}

/** `wusla agreement export`: the document for people. */
export function exportCommand(): Command {
  return gatewayCommand(
    'export',
    'write the document of an agreement as PDF: with the signatures that it has, once in force with the proof',
  )
    .argument('<agreement>', 'content hash')
    .requiredOption('--out <file>', 'where to write it')
    .addOption(
      new Option(
        '--theme <name>',
        'typeset the unsigned document here, with these fonts and colours',
      ).choices(['neutral', 'national']),
    )
    .option('--template-dir <folder>', 'typeset the unsigned document here, with your own template')
    .action(exportAgreement)
}

async function exportAgreement(agreement: string, options: ExportOptions): Promise<void> {
  // In a sandbox without a named gateway any party will do: all hold the same content.
  const held = await findAgreement(gatewayTargets(options), agreement)
  if (options.theme === undefined && options.templateDir === undefined)
    await exportDocument(held, agreement, options)
  else await exportUnsigned(held, agreement, options)
}

/** The newest revision that the gateway holds. */
async function exportDocument(
  { row, targets }: Held<AgreementRow>,
  agreement: string,
  { out, json }: ExportOptions,
): Promise<void> {
  const [target] = targets
  if (target === undefined) throw new WuslaError('agreement_not_found', { details: { agreement } })
  const pdf = await readBytes(target, `/v1/agreements/${encodeURIComponent(agreement)}/document`)
  await writeNamedFile('--out', out, pdf)
  const { kind, status, signedBy = [] } = row
  const sha256 = createHash('sha256').update(pdf).digest('hex')
  const result = { agreement, kind, status, signedBy, file: out, bytes: pdf.length, sha256 }
  createVoice(json === true).result(result, [
    `wrote ${out}: ${pdf.length} bytes, SHA-256 ${sha256}`,
    signedBy.length === 0 ? 'nobody has signed it' : `signed by ${signedBy.join(', ')}`,
  ])
}

async function exportUnsigned(
  { row }: Held<AgreementRow>,
  agreement: string,
  options: ExportOptions,
): Promise<void> {
  const content = contentOf(row, agreement)
  const { templateDir, theme = 'neutral', out } = options
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

function contentOf({ content }: AgreementRow, agreement: string): Agreement {
  if (content === undefined) throw new WuslaError('agreement_not_found', { details: { agreement } })
  const decoded = decodeAgreement(content)
  if (agreementHash(decoded) !== agreement)
    throw new WuslaError('invalid_agreement', {
      message: 'The gateway shows another content than the hash names.',
      details: { agreement },
    })
  return decoded
}
