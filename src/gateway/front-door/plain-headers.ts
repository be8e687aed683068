const REQUEST_NAMES = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'Cache-Control',
  'Content-Encoding',
  'Content-Type',
  'Cookie',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'Origin',
  'Pragma',
  'Range',
  'Referer',
  'Traceparent',
  'Tracestate',
]

const ANSWER_NAMES = [
  'Accept-Ranges',
  'Access-Control-Allow-Origin',
  'Age',
  'Allow',
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Content-Range',
  'Content-Type',
  'ETag',
  'Expires',
  'Last-Modified',
  'Link',
  'Pragma',
  'Retry-After',
  'Set-Cookie',
  'Strict-Transport-Security',
  'Vary',
  'WWW-Authenticate',
  'X-Powered-By',
  'X-Request-Id',
]

function inUsualSpellings(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [name, name.toLowerCase()]))
}

/**
 * Request headers that pass both doors as they are, in their usual spellings: most headers need no further look. A
 * header that is missing here is only looked at more closely.
 */
export const PLAIN_REQUEST_HEADERS: ReadonlySet<string> = inUsualSpellings(REQUEST_NAMES)

/** The same for headers of answers. */
export const PLAIN_ANSWER_HEADERS: ReadonlySet<string> = inUsualSpellings(ANSWER_NAMES)
