/**
 * Connection failures: which of them show that nothing reached the server, and which pass by themselves.
 *
 * Codes of Node (`errno`, TLS and OpenSSL codes) and of undici, or the name of an error that has none. The deepest in the
 * chain of causes counts.
 */

export interface ConnectionFailure {
  /** Whether anything may have reached the server. */
  readonly sent: boolean
  /** Whether the same request may succeed later. */
  readonly transient: boolean
}

const unreachable: ConnectionFailure = { sent: false, transient: true }
const refusedForGood: ConnectionFailure = { sent: false, transient: false }
const broken: ConnectionFailure = { sent: true, transient: true }
const wrongProtocol: ConnectionFailure = { sent: true, transient: false }

const kinds: ReadonlyArray<readonly [RegExp, ConnectionFailure]> = [
  // No name, no route, nobody listening, no time to connect.
  [
    /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/,
    unreachable
  ],
  // Not allowed here, or not a request that can be sent.
  [/^(EACCES|EPERM|UND_ERR_INVALID_ARG|ERR_INVALID_\w+)$/, refusedForGood],
  // Certificates, and servers that do not speak TLS.
  [
    /^(CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|ERR_TLS_\w+|ERR_SSL_\w+|EPROTO|HOSTNAME_MISMATCH|INVALID_CA|CRL_\w+|ERROR_IN_C\w+)$/,
    refusedForGood
  ],
  // The connection broke, or nothing came over it in time.
  [/^(ECONNABORTED|ECONNRESET|EPIPE|ETIMEDOUT|UND_ERR_(BODY_TIMEOUT|HEADERS_TIMEOUT|SOCKET))$/, broken],
  // What answers is not HTTP.
  [/^(HPE_\w+|HTTPParserError)$/, wrongProtocol]
]

/** A proxy's answer to `CONNECT`, as undici words it: the request itself was not sent. */
const proxyAnswer = /Proxy response \((\d{3})\)/

/** What is known of a failure by its chain of causes, the error itself first. `undefined` where it may be any failure. */
export const knownConnectionFailure = (causes: ReadonlyArray<unknown>): ConnectionFailure | undefined => {
  for (const cause of causes.toReversed()) {
    const [, proxyStatus] = proxyAnswer.exec(textOf(cause, "message") ?? "") ?? []
    if (proxyStatus !== undefined) return Number(proxyStatus) >= 500 ? unreachable : refusedForGood
    const code = textOf(cause, "code") ?? textOf(cause, "name") ?? ""
    const kind = kinds.find(([pattern]) => pattern.test(code))
    if (kind !== undefined) return kind[1]
  }
  return undefined
}

/** The failure of a `fetch`: the connection broke, where nothing better is known. */
export const connectionFailure = (causes: ReadonlyArray<unknown>): ConnectionFailure =>
  knownConnectionFailure(causes) ?? broken

const textOf = (value: unknown, field: string): string | undefined => {
  const text: unknown = typeof value === "object" && value !== null ? Reflect.get(value, field) : undefined
  return typeof text === "string" ? text : undefined
}

/** How the SDKs for Bedrock and Vertex say that there is nothing to sign a request with (`core/auth.ts`, `client.ts`). */
export const isCredentialsFailure = (message: string): boolean =>
  /^Failed to (resolve AWS credentials|acquire Google OAuth credentials)/.test(message)
