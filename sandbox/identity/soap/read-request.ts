import { SaxesParser } from 'saxes'

/** One element: local name, attributes by local name, text, children. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

/** Deeper is no request. */
const MAX_DEPTH = 50

/** Reads a small XML document; `undefined` when it is none, or has a document type. */
export function readXml(text: string): Element | undefined {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('doctype', () => {
    throw new SyntaxError('a document type is not taken')
  })
  parser.on('opentag', ({ local, attributes }) => {
    if (open.length > MAX_DEPTH) throw new SyntaxError('too deep')
    const named = Object.values(attributes).map((each) => [each.local, each.value] as const)
    const element = { name: local, attributes: Object.fromEntries(named), children: [], text: '' }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  parser.on('text', (part) => {
    const at = open.at(-1)
    if (at !== undefined) at.text += part
  })
  parser.on('closetag', () => void open.pop())
  try {
    parser.write(text).close()
  } catch {
    // Not XML, or more than a request needs: the answer says so.
    return undefined
  }
  return root.children[0]
}

/** The first element of this name anywhere below, in the order of the document. */
export function find(element: Element | undefined, name: string): Element | undefined {
  for (const child of element?.children ?? []) {
    const found = child.name === name ? child : find(child, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** The text of the first element of this name, without blanks around it. */
export function textIn(element: Element | undefined, name: string): string | undefined {
  return find(element, name)?.text.trim()
}
