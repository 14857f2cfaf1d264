import { assert, describe, it } from "@effect/vitest"
import { connectionFailure } from "../src/internal/road/connection.ts"

/** As `fetch` fails: a `TypeError` whose cause has the code. */
const fetchFailure = (cause: object) => {
  const error = Object.assign(new Error("the cause"), cause)
  return [new TypeError("fetch failed"), error]
}

describe("a connection failure", () => {
  it.each([
    ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"].map((code) => ({
      code,
      sent: false,
      transient: true
    })),
    ...[
      "CERT_HAS_EXPIRED",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "EPROTO"
    ].map((code) => ({ code, sent: false, transient: false })),
    ...["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "SOMETHING_NEW"].map((code) => ({
      code,
      sent: true,
      transient: true
    })),
    { code: "HPE_INVALID_CONSTANT", sent: true, transient: false }
  ])("$code: may have been sent: $sent, may pass: $transient", ({ code, sent, transient }) => {
    assert.deepStrictEqual(connectionFailure(fetchFailure({ code })), { sent, transient })
  })

  it.each([
    { status: 407, transient: false },
    { status: 403, transient: false },
    { status: 502, transient: true }
  ])("a proxy's $status to CONNECT: nothing was sent", ({ status, transient }) => {
    const failure = fetchFailure({
      code: "UND_ERR_ABORTED",
      message: `Proxy response (${status}) !== 200 when HTTP Tunneling`
    })
    assert.deepStrictEqual(connectionFailure(failure), { sent: false, transient })
  })

  it("is judged by the deepest cause that is known", () => {
    const reset = Object.assign(new Error("reset"), { code: "ECONNRESET" })
    const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" })
    assert.deepStrictEqual(connectionFailure([reset, refused]), { sent: false, transient: true })
  })
})
