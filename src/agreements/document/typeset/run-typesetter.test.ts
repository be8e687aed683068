import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { it } from 'node:test'
import { isWuslaError } from '../../../protocol/wusla-error.ts'
import { runTypesetter } from './run-typesetter.ts'
import { fontFiles } from './theme.ts'
import type { TypesetJob } from './typeset-job.ts'

const job = (layout: string, more: Partial<TypesetJob> = {}): TypesetJob => ({
  layout: `#set document(title: "x", date: datetime(year: 2026, month: 1, day: 1))\n${layout}`,
  workspace: dirname(fileURLToPath(import.meta.url)),
  fonts: fontFiles('neutral'),
  inputs: {},
  marks: [],
  ...more,
})

async function problemsOf(wanted: TypesetJob): Promise<readonly string[]> {
  try {
    await runTypesetter(wanted)
    return []
  } catch (error) {
    assert.ok(isWuslaError(error) && error.code === 'document_not_typeset', String(error))
    return error.details['problems'] as readonly string[]
  }
}

it('finds the fonts it is given, and none of the machine', async () => {
  const set = (font: string): TypesetJob => job(`#set text(font: "${font}", fallback: false)\nx`)
  assert.deepEqual(await problemsOf(set('IBM Plex Sans Arabic')), [])
  // On most machines with Linux there is one of these.
  for (const font of ['DejaVu Sans', 'Liberation Sans', 'Noto Sans']) {
    assert.deepEqual(await problemsOf(set(font)), [`unknown font family: ${font.toLowerCase()}`])
  }
})

it('tells what stops a layout, and that a process ended without an answer', async () => {
  assert.match(String(await problemsOf(job('#panic("stop")'))), /panicked with: "stop"/)
  const noFont = await problemsOf(job('x', { fonts: ['/nonexistent.ttf'] }))
  assert.deepEqual(noFont, ['the typesetter ended with 1 and no answer'])
})

it('reads no file outside of its folder', async () => {
  assert.match(
    String(await problemsOf(job('#read("/../../../../../../../../etc/hostname")'))),
    /would escape|not found|access denied/i,
  )
})
