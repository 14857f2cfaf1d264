/** What `internal/road` takes for granted about the inside of the SDK, one test for each assumption. */
import Anthropic, { type ClientOptions } from "@anthropic-ai/sdk"
import {
  ADVISORY_REFRESH_BACKOFF_IN_SECONDS,
  ADVISORY_REFRESH_THRESHOLD_IN_SECONDS,
  MANDATORY_REFRESH_THRESHOLD_IN_SECONDS,
  TOKEN_ENDPOINT
} from "@anthropic-ai/sdk/lib/credentials/types"
import { assert, beforeEach, describe, it, vi } from "@effect/vitest"
import * as AccessTokens from "../src/internal/road/accessTokens.ts"

/** Shows what it was sent. */
const seeing = (status = 200) => {
  const seen: Array<{ readonly url: string; readonly headers: Headers }> = []
  const fetch: NonNullable<ClientOptions["fetch"]> = (url, init) => {
    seen.push({ url: String(url), headers: new Headers(init?.headers) })
    return Promise.resolve(Response.json({ type: "model", id: "m" }, { status }))
  }
  return { seen, fetch }
}

const provider = (options?: { readonly forceRefresh?: boolean }) =>
  Promise.resolve({ token: options?.forceRefresh === true ? "forced" : "of-the-provider", expiresAt: null })

type RequestOptions = Awaited<Parameters<Anthropic["request"]>[0]>

/** Gives tokens of its own, as our client does. */
class Client extends Anthropic {
  declare _options: ClientOptions
  readonly asked: Array<RequestOptions> = []
  readonly knew: Array<boolean> = []

  protected override async authHeaders(options: RequestOptions) {
    this.asked.push(options)
    this.knew.push(this.credentials !== null)
    const bearer: this = Object.create(this, { authToken: { value: "of-the-subclass" } })
    return super.bearerAuth.call(bearer, options)
  }

  protected override _shouldResolveDefaultCredentials(): boolean {
    return false
  }
}

const none = { apiKey: null, authToken: null, webhookKey: null, maxRetries: 0, logLevel: "off" } as const

beforeEach(() => {
  vi.unstubAllEnvs()
})

describe("the SDK asks authHeaders", () => {
  it("for the headers of each request, and sends what it gives", async () => {
    const { fetch, seen } = seeing()
    const client = new Client({ ...none, fetch })
    await client.models.retrieve("m")
    await client.models.retrieve("m")
    assert.deepStrictEqual(seen.map(({ headers }) => headers.get("authorization")), [
      "Bearer of-the-subclass",
      "Bearer of-the-subclass"
    ])
  })

  it("with the signal of the request", async () => {
    const { fetch } = seeing()
    const client = new Client({ ...none, fetch })
    const { signal } = new AbortController()
    await client.models.retrieve("m", null, { signal })
    assert.strictEqual(client.asked[0]?.signal, signal)
  })

  it("once a profile is resolved, or could not be: then its own error is thrown later", async () => {
    vi.stubEnv("ANTHROPIC_CONFIG_DIR", "/nowhere")
    const { fetch, seen } = seeing()
    class Plain extends Anthropic {
      failed: boolean | undefined
      protected override async authHeaders(options: RequestOptions) {
        this.failed = this.credentials === null
        return super.authHeaders(options)
      }
    }
    const client = new Plain({ ...none, profile: "of-nobody", fetch })
    let message = ""
    await client.models.retrieve("m").catch((error: Error) => void (message = error.message))
    assert.isTrue(client.failed)
    assert.match(message, /^Profile "of-nobody" could not be resolved/)
    assert.deepStrictEqual(seen, [])
  })

  it("and throws what it throws as it is, before anything is sent", async () => {
    const { fetch, seen } = seeing()
    const failure = new Error("no token")
    class Failing extends Client {
      protected override authHeaders(): never {
        throw failure
      }
    }
    const client = new Failing({ ...none, fetch })
    let thrown: unknown
    await client.models.retrieve("m").catch((error: unknown) => void (thrown = error))
    assert.strictEqual(thrown, failure)
    assert.deepStrictEqual(seen, [])
  })
})

describe("a client whose authHeaders asks another cache", () => {
  it("leaves the SDK's cache alone, after a 401 too", async () => {
    const { fetch } = seeing(401)
    const credentials = vi.fn(provider)
    const client = new Client({ ...none, credentials, fetch })
    await client.models.retrieve("m").catch(() => {})
    await client.models.retrieve("m").catch(() => {})
    assert.strictEqual(credentials.mock.calls.length, 0)
  })

  it("shows its provider as credentials", () => {
    assert.strictEqual(new Client({ ...none, credentials: provider }).credentials, provider)
  })

  it("sends the headers that go with access tokens all the same", async () => {
    const { fetch, seen } = seeing()
    const config = {
      workspace_id: "wrkspc_1",
      authentication: { type: "user_oauth", credentials_path: "/nowhere" }
    } as const
    await new Client({ ...none, config, fetch }).models.retrieve("m")
    assert.strictEqual(seen[0]?.headers.get("anthropic-workspace-id"), "wrkspc_1")
    assert.include(seen[0]?.headers.get("anthropic-beta"), "oauth")
  })
})

describe("withOptions", () => {
  const mark = Symbol("mark")

  it("makes a copy of the same class, with the same provider and every option, symbols too", () => {
    const marked = { [mark]: "kept" }
    const options: ClientOptions = { ...none, credentials: provider, ...marked }
    const copy = new Client(options).withOptions({ timeout: 1 })
    assert.instanceOf(copy, Client)
    assert.strictEqual(copy.credentials, provider)
    assert.strictEqual(Reflect.get(copy._options, mark), "kept")
  })
})

describe("the environment", () => {
  it("adds ANTHROPIC_CUSTOM_HEADERS to the default headers in _options, whatever the options say", async () => {
    vi.stubEnv("ANTHROPIC_CUSTOM_HEADERS", "x-poison: 1")
    const { fetch, seen } = seeing()
    const client = new Client({ ...none, fetch, defaultHeaders: { "x-mine": "1" } })
    assert.deepStrictEqual(client._options.defaultHeaders, { "x-poison": "1", "x-mine": "1" })
    client._options.defaultHeaders = { "x-mine": "2" }
    await client.models.retrieve("m")
    assert.strictEqual(seen[0]?.headers.get("x-mine"), "2")
    assert.isNull(seen[0]?.headers.get("x-poison"))
  })

  it("is not asked for what an option says, null included", () => {
    for (const name of ["API_KEY", "AUTH_TOKEN", "BASE_URL", "WEBHOOK_SIGNING_KEY", "PROFILE"]) {
      vi.stubEnv(`ANTHROPIC_${name}`, "poison")
    }
    const client = new Client({ ...none, baseURL: null })
    assert.deepInclude({ ...client }, {
      apiKey: null,
      authToken: null,
      webhookKey: null,
      baseURL: "https://api.anthropic.com"
    })
    assert.isNull(client.credentials)
  })
})

describe("access tokens", () => {
  it("have the SDK's times", () => {
    assert.deepStrictEqual(
      [AccessTokens.advisorySeconds, AccessTokens.mandatorySeconds, AccessTokens.advisoryBackoffSeconds],
      [
        ADVISORY_REFRESH_THRESHOLD_IN_SECONDS,
        MANDATORY_REFRESH_THRESHOLD_IN_SECONDS,
        ADVISORY_REFRESH_BACKOFF_IN_SECONDS
      ]
    )
  })

  it("come from the SDK's endpoint", () => {
    assert.strictEqual(AccessTokens.tokenEndpoint, TOKEN_ENDPOINT)
  })
})
