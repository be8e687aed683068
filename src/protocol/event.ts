/**
 * Where a part of the network tells what happened. An event is a plain object of the actor's own union type.
 * A sink must not throw and must not wait: it is called on the path of an exchange.
 */
export type EventSink<E> = (event: E) => void
