import type { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { askAll, failed } from '../ask-gateways.ts'
import { gatewayCommand } from '../command-options.ts'
import { gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

interface Usage {
  readonly gateway: string
  readonly agreement: string
  readonly grants: readonly {
    readonly grant: number
    readonly service: string
    readonly limits: readonly {
      readonly limit: string
      readonly max: number
      readonly used: number
      readonly resetsAt?: string
    }[]
  }[]
}

/** `wusla agreement usage`: how much of each limit is used, as each gateway that is asked counts it. */
export function usageCommand(): Command {
  return gatewayCommand(
    'usage',
    'how much of the limits of an agreement is used now, by the count of each gateway',
  )
    .argument('<agreement>', 'content hash')
    .action(usage)
}

async function usage(agreement: string, options: TargetOptions & { readonly json?: boolean }): Promise<void> {
  const path = `/v1/agreements/${encodeURIComponent(agreement)}/usage`
  const { answers, failures } = await askAll(
    gatewayTargets(options),
    async (target) => (await callApi(target, 'GET', path)) as Usage,
  )
  const voice = createVoice(options.json === true)
  // In a sandbox every gateway is asked, and those that are no party have no such agreement.
  const others = failures.filter(({ error }) => error.code !== 'not_found')
  for (const { gateway, error } of others) voice.note(`warning: ${gateway}: ${error.message}`)
  const gateways = answers.map(({ answer }) => answer)
  const lines = gateways.flatMap(({ gateway, grants }) =>
    grants.flatMap(({ service, limits }) =>
      limits.map(({ limit, max, used, resetsAt }) => {
        const until = resetsAt === undefined ? '' : `, anew at ${resetsAt}`
        return `${gateway}  ${service}  ${limit}  ${used} of ${max} used${until}`
      }),
    ),
  )
  voice.result({ gateways, ...failed(others) }, lines.length === 0 ? ['no grant of it has limits'] : lines)
}
