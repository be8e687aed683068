import type { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { gatewayCommand, languageOption } from '../command-options.ts'
import { type Explained, explainLines, type Language } from '../explain-lines.ts'
import { httpMethod, identifier, wholeNumber } from '../option-values.ts'
import { gatewayTarget, type TargetOptions } from '../target.ts'
import { createVoice, EXIT } from '../voice.ts'

interface ExplainOptions extends TargetOptions {
  readonly json?: boolean
  readonly client: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly purpose?: string
  readonly port?: number
  readonly language: Language
}

/** `wusla explain`: would A's call reach B, and if not, which step fails and who can change it. Exit code 1 when not. */
export function explainCommand(): Command {
  return gatewayCommand(
    'explain',
    'may a client call an operation, and if not, which step fails, why, and who can change it',
  )
    .requiredOption('--client <id>', 'who calls, e.g. AE-DU/GOV/RTA/LICENSING', identifier('client'))
    .requiredOption('--service <id>', 'what, e.g. AE-DU/SEMI/DEWA/BILLING/bills', identifier('service'))
    .requiredOption('--method <method>', 'GET, POST …', httpMethod)
    .requiredOption('--path <path>', 'path within the service, e.g. /bills/7')
    .option('--purpose <code>', 'the purpose code that the call would name')
    .option('--port <number>', 'the mapped port that the call would come through', wholeNumber(1, 65_535))
    .addOption(languageOption())
    .action(explain)
}

async function explain(options: ExplainOptions): Promise<void> {
  const { client, service, method, path, purpose, port } = options
  const named = { ...(purpose === undefined ? {} : { purpose }), ...(port === undefined ? {} : { port }) }
  const wanted = { client, service, method, path, ...named }
  const target = gatewayTarget(options, client)
  const answer = (await callApi(target, 'POST', '/v1/explain', wanted)) as Explained
  createVoice(options.json === true).result(answer, explainLines(answer, options.language))
  if (!answer.allowed) process.exitCode = EXIT.refused
}
