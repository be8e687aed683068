import { resolve } from 'node:path'
import { Command } from 'commander'
import { readTemplate } from '../../src/agreements/document-template.ts'
import { MAX_SIGNED_DOCUMENT_BYTES } from '../../src/agreements/verify-agreement-pdf.ts'
import { verifySignedAgreement } from '../../src/evidence/verify-agreement.ts'
import { readAnchorFile, readEntriesFile } from '../anchor-file.ts'
import { readCertificates } from '../certificate-files.ts'
import { collect, languageOption } from '../command-options.ts'
import { documentFailureLines, documentLines } from '../document-lines.ts'
import type { Language } from '../explain-lines.ts'
import { readNamedFile } from '../named-file.ts'
import { readSandbox } from '../sandbox-file.ts'
import { createVoice, EXIT } from '../voice.ts'

interface VerifyOptions {
  readonly json?: boolean
  readonly anchor: string
  readonly trust?: string[]
  readonly qualifiedPolicy?: string[]
  readonly requireQualified?: boolean
  readonly requireRevocation?: boolean
  readonly partial?: boolean
  readonly templateDir?: string
  readonly directory?: string
  readonly allowTestRoot?: boolean
  readonly state?: string
  readonly language: Language
}

/** `wusla agreement verify`: offline, from the file alone. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('verify a signed agreement (PDF) offline; exit code 1 names the first step that fails')
    .argument('<file>', 'signed PDF')
    .requiredOption('--anchor <file>', 'trust anchor of the network')
    .option(
      '--trust <pem>',
      'root certificate of officials and time-stamps that is believed; may be repeated (default: those of the signing policy)',
      collect,
    )
    .option(
      '--qualified-policy <oid>',
      'a policy of qualified certificates; may be repeated (default: those of the signing policy)',
      collect,
    )
    .option('--require-qualified', 'refuse a signature that is not qualified')
    .option('--require-revocation', 'refuse a certificate that nothing shows to have been good')
    .option('--partial', 'accept a document that one party has yet to sign')
    .option(
      '--directory <file>',
      'all directory entries, as a snapshot or one a line: shows what the proof in the document lacks',
    )
    .option(
      '--template-dir <folder>',
      'the template it was made with (default: the one that comes with wusla)',
    )
    .option('--allow-test-root', 'believe a test authority; never in production')
    .option('--state <dir>', 'state folder of the sandbox the anchor is of: implies --allow-test-root')
    .addOption(languageOption())
    .option('--json', 'print one line of JSON')
    .action(verify)
}

async function verify(file: string, options: VerifyOptions): Promise<void> {
  const { templateDir, qualifiedPolicy, language, json } = options
  const anchor = await readAnchorFile(options.anchor)
  const entries = options.directory === undefined ? undefined : await readEntriesFile(options.directory)
  // One byte more than a file may have is enough to see that it is too large.
  const pdf = await readNamedFile('the document', file, MAX_SIGNED_DOCUMENT_BYTES + 1)
  const result = await verifySignedAgreement(pdf, anchor, {
    now: new Date().toISOString(),
    allowTestRoot: options.allowTestRoot === true || isOfSandbox(options),
    requireQualified: options.requireQualified === true,
    requireRevocation: options.requireRevocation === true,
    partial: options.partial === true,
    ...(options.trust === undefined ? {} : { roots: await readCertificates('--trust', options.trust) }),
    ...(entries === undefined ? {} : { directoryEntries: entries }),
    ...(qualifiedPolicy === undefined ? {} : { qualifiedPolicies: qualifiedPolicy }),
    ...(templateDir === undefined ? {} : { template: await readTemplate(templateDir) }),
  })
  const lines = result.ok ? documentLines(result.facts, language) : documentFailureLines(result, language)
  createVoice(json === true).result(result, lines)
  if (!result.ok) process.exitCode = EXIT.refused
}

// A sandbox lends its test authority to its own network alone.
function isOfSandbox({ state, anchor }: VerifyOptions): boolean {
  return state !== undefined && resolve(readSandbox(state).anchor) === resolve(anchor)
}
