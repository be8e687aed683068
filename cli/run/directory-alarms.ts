import type { DirectoryEvent } from '../../src/directory/directory-event.ts'

const ALARMS: ReadonlySet<string> = new Set<DirectoryEvent['kind']>([
  'change_refused',
  'directory_forked',
  'directory_stale',
  'directory_unwitnessed',
  'member_readmitted',
  'own_member_changed',
])

/** An event of a directory as an actor logs it: what must wake somebody has the kind `alarm`. */
export function asAlarm(event: DirectoryEvent): { readonly kind: string; readonly alarm?: string } {
  return ALARMS.has(event.kind) ? { ...event, kind: 'alarm', alarm: event.kind } : event
}
