import { X509Certificate } from 'node:crypto'
import { Command, Option } from 'commander'
import { callApi } from '../api-client.ts'
import { collect, registryCommand } from '../command-options.ts'
import { readCertificates } from '../certificate-files.ts'
import { wholeNumber } from '../option-values.ts'
import { registryTarget, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

interface Policy {
  readonly level: 'advanced' | 'qualified'
  readonly qualifiedPolicies: readonly string[]
  readonly roots: readonly string[]
  readonly answerWithinDays: number
  readonly testAuthorities?: true
}

interface SetOptions extends TargetOptions {
  readonly json?: boolean
  readonly level: Policy['level']
  readonly root: readonly string[]
  readonly qualifiedPolicy?: readonly string[]
  readonly answerWithinDays: number
}

/** `wusla policy …`: how agreements are signed in the network. Without a policy the seals of the members are enough. */
export function policyCommands(): Command {
  const group = new Command('policy').description(
    'how agreements are signed in the network: level, authorities, days to answer',
  )
  group.addCommand(
    registryCommand('set', 'set it for everybody, from now on; what was signed before stays as it is')
      .addOption(
        new Option('--level <level>', 'which signatures of officials count')
          .choices(['advanced', 'qualified'])
          .default('qualified'),
      )
      .requiredOption(
        '--root <pem>',
        'file with root certificates of officials and time-stamps; may be repeated',
        collect,
      )
      .option(
        '--qualified-policy <oid>',
        'a policy of qualified certificates; may be repeated; needed for the level qualified',
        collect,
      )
      .option(
        '--answer-within-days <number>',
        'days in which a request for access has to be answered',
        wholeNumber(1, 365),
        14,
      )
      .action(set),
  )
  group.addCommand(registryCommand('show', 'the policy in force').action(show))
  return group
}

async function set(options: SetOptions): Promise<void> {
  const { level, qualifiedPolicy = [], answerWithinDays } = options
  const roots = await readCertificates('--root', options.root)
  const body = {
    level,
    qualifiedPolicies: qualifiedPolicy,
    roots: roots.map((der) => Buffer.from(der).toString('base64url')),
    answerWithinDays,
  }
  const answer = await callApi(registryTarget(options), 'PUT', '/v1/signing-policy', body)
  createVoice(options.json === true).result(answer, [
    `set: agreements need ${level} signatures of officials on both sides`,
    'next: each member grants mandates to its officials, wusla mandate grant',
  ])
}

async function show(options: TargetOptions & { readonly json?: boolean }): Promise<void> {
  const policy = (await callApi(registryTarget(options), 'GET', '/v1/signing-policy')) as Policy
  const { level, qualifiedPolicies, roots, answerWithinDays, testAuthorities } = policy
  createVoice(options.json === true).result(policy, [
    `level: ${level}`,
    ...qualifiedPolicies.map((oid) => `qualified by policy ${oid}`),
    ...roots.map((root) => {
      const { subject, validTo } = new X509Certificate(Buffer.from(root, 'base64url'))
      return `root: ${subject.replaceAll('\n', ', ')}, until ${validTo}`
    }),
    `a request for access has to be answered within ${answerWithinDays} days`,
    ...(testAuthorities === true ? ['TEST AUTHORITIES ARE BELIEVED: this network is for trying out'] : []),
  ])
}
