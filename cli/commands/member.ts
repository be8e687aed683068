import { Command } from 'commander'
import { parseMember } from '../../src/protocol/identifier.ts'
import { callApi } from '../api-client.ts'
import { registryCommand } from '../command-options.ts'
import { registryTarget, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

interface AdmitOptions extends TargetOptions {
  readonly json?: boolean
  readonly nameEn?: string
  readonly nameAr?: string
}

/** `wusla member …`: who belongs to the network. */
export function memberCommands(): Command {
  const group = new Command('member').description('admit and list the members of the network')
  group.addCommand(
    registryCommand('admit', 'admit a new member, e.g. wusla member admit AE-DU/GOV/DM')
      .argument('<member>', 'identifier: network/class/code')
      .option('--name-en <text>', 'name in English (default: the code)')
      .option('--name-ar <text>', 'name in Arabic (default: the code)')
      .action(admit),
  )
  group.addCommand(registryCommand('list', 'list the members').action(list))
  return group
}

async function admit(member: string, options: AdmitOptions): Promise<void> {
  const { memberCode } = parseMember(member)
  const name = { en: options.nameEn ?? memberCode, ar: options.nameAr ?? memberCode }
  const answer = await callApi(registryTarget(options), 'POST', '/v1/members', { member, name })
  createVoice(options.json === true).result(answer, [
    `admitted ${member}`,
    `next: wusla gateway token --gateway-id ${member}/gw-1 (a one-time token for its first gateway)`,
  ])
}

async function list(options: AdmitOptions): Promise<void> {
  const members: { member: string; name: { en: string; ar: string }; status: string }[] = []
  let cursor: number | undefined = 0
  while (cursor !== undefined) {
    const path = `/v1/members?cursor=${cursor}`
    const page = (await callApi(registryTarget(options), 'GET', path)) as {
      members: typeof members
      next?: number
    }
    members.push(...page.members)
    cursor = page.next
  }
  createVoice(options.json === true).result(
    { members },
    members.map(({ member, name, status }) => `${member}  ${status}  ${name.en} · ${name.ar}`),
  )
}
