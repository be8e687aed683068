/**
 * Makes attempts one after the other. The next one begins when the one before has failed, or has not succeeded in time: an
 * attempt at somebody who keeps silent must not hold up the others. Those that are under way when one succeeds go on by
 * themselves.
 *
 * @param next - the best attempt not made yet, `undefined` when there is none at this moment: while attempts are under way it
 * is asked again and again
 * @param headStartMs - how long the latest attempt is waited for before the next begins, in milliseconds
 * @returns what the first successful attempt gives; `undefined` when all have failed
 */
export async function firstToSucceed<T>(
  next: () => (() => Promise<T>) | undefined,
  headStartMs: number,
): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<T | undefined>()
  let underWay = 0
  let isOver = false
  let timer: NodeJS.Timeout | undefined

  function end(result: T | undefined): void {
    isOver = true
    clearTimeout(timer)
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

  beginNext()
  return await promise
}
