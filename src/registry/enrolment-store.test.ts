import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test from 'node:test'
import { EnrolmentStore } from './enrolment-store.ts'

test('a store from before branches had classes is read and written on', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'wusla-enrolments-')), 'tokens.sqlite')
  const old = new DatabaseSync(file)
  old.exec(`
    CREATE TABLE token (
      enrolment_key TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, member TEXT NOT NULL,
      branches TEXT NOT NULL, expires TEXT NOT NULL
    ) STRICT;
    INSERT INTO token VALUES ('k1', 'branch', 'AE-DU/branch/CORE', 'AE-DU/SEMI/DEWA', '[]', '2027-01-01T00:00:00.000Z');
  `)
  old.close()
  for (let opened = 0; opened < 2; opened += 1) {
    const store = new EnrolmentStore(file)
    const before = store.find('k1')
    assert.equal(before.class, undefined)
    store.add(`k2-${opened}`, { ...before, class: 'sovereign' })
    assert.deepEqual(store.find(`k2-${opened}`), { ...before, class: 'sovereign' })
    store.close()
  }
})
