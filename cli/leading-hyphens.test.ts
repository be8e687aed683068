import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command } from 'commander'
import { behindHyphens } from './leading-hyphens.ts'

const MANDATE = '-lSMrGM2KaSdPyAtc3x1LA'
const AGREEMENT = '-hJm0hX4cN3tQe_QhR7mXo2vC1uYk8dZb5wLfT6sGaI'
const DOUBLE = '--Jm0hX4cN3tQe_QhR7mXo2vC1uYk8dZb5wLfT6sGaI'
const PLAIN = '0Qw5m9tQe_QhR7mXo2vC1uYk8dZb5wLfT6sGaIhJm0h'
const TOKEN = '-9fJ2mKq_xLw'

interface Heard {
  readonly command: string
  readonly operands: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
}

/** What a program of three commands hears of these words, or why it refuses them. */
function heard(...words: string[]): Heard | string {
  let said: Heard | undefined
  const program = new Command('wusla').exitOverride().configureOutput({ writeErr: () => undefined })
  const sign = new Command('sign').alias('approve').argument('<agreement...>')
  sign.option('--json').option('--persona <name>').option('--days [count]').option('-x, --extra <words...>')
  const end = new Command('end').argument('<mandate>').requiredOption('--reason <text>')
  const group = new Command('agreement').addCommand(sign).addCommand(end)
  const plain = new Command('revoke').argument('<id>')
  for (const command of [program, group, sign, end, plain]) command.copyInheritedSettings(program)
  for (const command of [sign, end, plain]) {
    command.action(() => {
      said = { command: command.name(), operands: command.args, options: command.opts() }
    })
  }
  program.addCommand(group).addCommand(plain)
  try {
    program.parse([...behindHyphens(words, program)], { from: 'user' })
  } catch (error) {
    return (error as Error).message
  }
  return said ?? 'nothing'
}

test('an id that begins with a hyphen is an argument, wherever it stands', () => {
  const end = { command: 'end', operands: [MANDATE], options: { reason: 'left' } }
  assert.deepEqual(heard('agreement', 'end', MANDATE, '--reason', 'left'), end)
  assert.deepEqual(heard('agreement', 'end', '--reason', 'left', MANDATE), end)
  assert.deepEqual(heard('agreement', 'end', '--reason=left', MANDATE), end)
  assert.deepEqual(heard('revoke', TOKEN), { command: 'revoke', operands: [TOKEN], options: {} })
})

test('several arguments keep their order', () => {
  for (const verb of ['sign', 'approve']) {
    assert.deepEqual(heard('agreement', verb, AGREEMENT, '--json', PLAIN, DOUBLE, '--persona', 'rashid'), {
      command: 'sign',
      operands: [AGREEMENT, PLAIN, DOUBLE],
      options: { json: true, persona: 'rashid' },
    })
  }
})

test('a value of an option stays one', () => {
  assert.deepEqual(heard('agreement', 'sign', AGREEMENT, '--persona', MANDATE), {
    command: 'sign',
    operands: [AGREEMENT],
    options: { persona: MANDATE },
  })
  assert.deepEqual(heard('agreement', 'sign', '--days', AGREEMENT), {
    command: 'sign',
    operands: [AGREEMENT],
    options: { days: true },
  })
  assert.deepEqual(heard('agreement', 'sign', '--days', '3', AGREEMENT, '-x', 'a', 'b'), {
    command: 'sign',
    operands: [AGREEMENT],
    options: { days: '3', extra: ['a', 'b'] },
  })
})

test('what is no id is refused as before, and nothing else is touched', () => {
  assert.match(JSON.stringify(heard('agreement', 'sign', PLAIN, '--jsom')), /unknown option '--jsom'/)
  assert.match(JSON.stringify(heard('agreement', 'sign', AGREEMENT, '--jsom')), /unknown option '--jsom'/)
  // 22 characters, as a mandate has, but words.
  assert.match(JSON.stringify(heard('agreement', 'sign', PLAIN, '--requests-per-quarter')), /unknown option/)
  const program = new Command('wusla').addCommand(new Command('sign').option('--json'))
  for (const words of [[], ['sign'], ['sign', PLAIN, '--json'], ['sign', '--', MANDATE], ['other', '-V']]) {
    assert.equal(behindHyphens(words, program), words)
  }
})
