import type { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { gatewayCommand } from '../command-options.ts'
import { gatewayTarget, type TargetOptions } from '../target.ts'
import { createVoice, EXIT } from '../voice.ts'

interface ExplainOptions extends TargetOptions {
  readonly json?: boolean
  readonly client: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly language: 'en' | 'ar'
}

interface Explanation {
  readonly allowed: boolean
  readonly agreement?: string
  readonly code?: string
  readonly text: { readonly en: string; readonly ar: string }
  readonly remedy?: { readonly en: string; readonly ar: string }
  readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly text: string }[]
}

/** `wusla explain`: may A call B, and if not, why not and who can change it. Exit code 1 when not. */
export function explainCommand(): Command {
  return gatewayCommand(
    'explain',
    'may a client call an operation, and if not, why not and who can change it',
  )
    .requiredOption('--client <id>', 'who calls, e.g. AE-DU/GOV/RTA/LICENSING')
    .requiredOption('--service <id>', 'what, e.g. AE-DU/SEMI/DEWA/BILLING/bills')
    .requiredOption('--method <method>', 'GET, POST …')
    .requiredOption('--path <path>', 'path within the service, e.g. /bills/7')
    .option('--language <code>', 'en or ar', 'en')
    .action(explain)
}

async function explain(options: ExplainOptions): Promise<void> {
  const { client, service, method, path } = options
  const target = gatewayTarget(options, client)
  const answer = (await callApi(target, 'POST', '/v1/explain', {
    client,
    service,
    method,
    path,
  })) as Explanation
  const lines = [
    answer.allowed
      ? `allowed by agreement ${answer.agreement ?? ''}`
      : `refused: ${answer.text[options.language]}`,
    ...(answer.remedy === undefined ? [] : [`remedy: ${answer.remedy[options.language]}`]),
    ...answer.steps.map(({ step, ok, text }) => `  ${ok ? 'ok ' : 'no '} ${step}: ${text}`),
  ]
  createVoice(options.json === true).result(answer, lines)
  if (!answer.allowed) process.exitCode = EXIT.refused
}
