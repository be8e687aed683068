/**
 * Makes attempts one after the other. The next one begins when the one before has failed, or has not succeeded in time: an
 * attempt at somebody who keeps silent must not hold up the others. Those that are under way when one succeeds go on by
 * themselves.
 *
 * @param next - the best attempt not made yet, `undefined` when there is none at this moment: while attempts are under way it
 * is asked again and again
 * @param headStartMs - how long the latest attempt is waited for before the next begins, in milliseconds
 * @param signal - nobody waits any more
 * @returns what the first successful attempt gives; `undefined` when all have failed or nobody waits
 */
export async function firstToSucceed<T>(
  next: () => (() => Promise<T>) | undefined,
  headStartMs: number,
  signal: AbortSignal,
): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<T | undefined>()
  let underWay = 0
  let isOver = false
  let timer: NodeJS.Timeout | undefined

  const giveUp = (): void => end(undefined)

  function end(result: T | undefined): void {
    isOver = true
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
    resolve(result)
  }

  function beginNext(): void {
    clearTimeout(timer)
    const attempt = next()
    if (attempt === undefined && underWay === 0) return end(undefined)
    timer = setTimeout(beginNext, headStartMs)
    if (attempt === undefined) return
    underWay += 1
    attempt().then(end, () => {
      underWay -= 1
      if (!isOver) beginNext()
    })
  }

  if (signal.aborted) return undefined
  signal.addEventListener('abort', giveUp, { once: true })
  beginNext()
  return await promise
}
