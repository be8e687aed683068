import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstToSucceed } from './first-to-succeed.ts'

const LONG_MS = 60_000

const WAITING = new AbortController().signal

function inOrder<T>(...attempts: (() => Promise<T>)[]): () => (() => Promise<T>) | undefined {
  return () => attempts.shift()
}

test('one after the other while they fail, and nothing after the first success', async () => {
  const begun: string[] = []
  const attempt = (name: string, succeeds: boolean) => async (): Promise<string> => {
    begun.push(name)
    return succeeds ? await Promise.resolve(name) : await Promise.reject(new Error(name))
  }
  const attempts = inOrder(attempt('a', false), attempt('b', true), attempt('c', true))
  assert.equal(await firstToSucceed(attempts, LONG_MS, WAITING), 'b')
  assert.deepEqual(begun, ['a', 'b'])
})

test('an attempt that hangs does not hold up the next, and one that succeeds late still counts', async () => {
  const late = Promise.withResolvers<string>()
  const second = inOrder(
    () => late.promise,
    () => Promise.resolve('second'),
  )
  assert.equal(await firstToSucceed(second, 1, WAITING), 'second')
  const failing = async (): Promise<string> => {
    late.resolve('first')
    return await Promise.reject(new Error('no'))
  }
  assert.equal(
    await firstToSucceed(
      inOrder(() => late.promise, failing),
      1,
      WAITING,
    ),
    'first',
  )
})

test('undefined only when all have failed, also those that were slow', async () => {
  const slow = Promise.withResolvers<string>()
  const fails = async (): Promise<string> => await Promise.reject(new Error('no'))
  let result: string | undefined = 'not yet'
  const all = firstToSucceed(
    inOrder(() => slow.promise, fails),
    1,
    WAITING,
  ).then((value) => (result = value))
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(result, 'not yet')
  slow.reject(new Error('no'))
  await all
  assert.equal(result, undefined)
  assert.equal(await firstToSucceed(inOrder(), 1, WAITING), undefined)
})

test('what turns up while an attempt hangs is tried as well', async () => {
  const never = new Promise<string>(() => undefined)
  const attempts = [(): Promise<string> => never]
  const found = firstToSucceed(() => attempts.shift(), 1, WAITING)
  setTimeout(() => attempts.push(() => Promise.resolve('new')), 10)
  assert.equal(await found, 'new')
})

test('whoever waits no longer is told at once, and nothing more is tried', async () => {
  const waiting = new AbortController()
  let asked = 0
  const next = (): (() => Promise<string>) | undefined => {
    asked += 1
    return asked === 1 ? (): Promise<string> => new Promise<string>(() => undefined) : undefined
  }
  const found = firstToSucceed(next, 1, waiting.signal)
  waiting.abort()
  assert.equal(await found, undefined)
  const before = asked
  await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(asked, before)
  assert.equal(
    await firstToSucceed(
      inOrder(() => Promise.resolve('late')),
      LONG_MS,
      waiting.signal,
    ),
    undefined,
  )
})
