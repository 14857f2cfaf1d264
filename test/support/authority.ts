/** A server on the loopback that gives out access tokens, and the API that asks for them. */
import { Effect } from "effect"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { json, refusal } from "./server.ts"

/** A request that waits for its answer. */
export interface Waiting {
  /** Counted from 1. */
  readonly number: number
  /** Answers as the real thing would. */
  readonly answer: () => void
  readonly response: ServerResponse
}

export interface Authority {
  readonly url: string
  /** The access tokens that calls of the API came with. */
  readonly calls: ReadonlyArray<string>
  /** The bodies of the requests for a token. */
  readonly refreshes: ReadonlyArray<Record<string, string>>
}

interface Behaviour {
  readonly onCall?: (call: Waiting) => void
  readonly onRefresh?: (refresh: Waiting) => void
}

/** Its refresh tokens work once: `refresh-1` gives `access-1` and `refresh-2`. Only the newest access token is good. */
export const authority = (behaviour: Behaviour = {}) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const { onCall = ({ answer }) => answer(), onRefresh = ({ answer }) => answer() } = behaviour
      const calls: Array<string> = []
      const refreshes: Array<Record<string, string>> = []
      let granted = 0
      const grant = (body: Record<string, string>, response: ServerResponse) => {
        const isUsedUp = "refresh_token" in body && body["refresh_token"] !== `refresh-${granted + 1}`
        if (isUsedUp) return json(response, 400, { error: "invalid_grant" })
        granted += 1
        json(response, 200, {
          access_token: `access-${granted}`,
          refresh_token: `refresh-${granted + 1}`,
          expires_in: 3600
        })
      }
      const answer = (token: string, response: ServerResponse) =>
        token === `access-${granted}`
          ? json(response, 200, { type: "model", id: "claude-opus-5-5" })
          : json(response, 401, refusal("authentication_error"))
      const server = createServer(async (request, response) => {
        const body = await text(request)
        if (request.url === "/v1/oauth/token") {
          const fields: Record<string, string> = JSON.parse(body)
          onRefresh({ number: refreshes.push(fields), response, answer: () => grant(fields, response) })
        } else {
          const token = request.headers.authorization?.replace(/^Bearer /, "") ?? ""
          onCall({ number: calls.push(token), response, answer: () => answer(token, response) })
        }
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, refreshes }
    }),
    ({ server }) => Effect.promise(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  )

/** The file that the tokens of a user are in. The first refresh token is good, the access token is not. */
export const credentialsFile = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "claude-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => {
    const path = join(folder, "credentials.json")
    const content = { type: "oauth_token", access_token: "access-0-revoked", refresh_token: "refresh-1" }
    writeFileSync(path, JSON.stringify(content), { mode: 0o600 })
    return path
  }
)
