/** The page of the simulator, in a browser. */
import { Fault, Simulator } from "@effect-claude/testing"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { type Browser, chromium, type Page } from "playwright-core"
import * as Services from "./support/services.ts"

const executable = (found: Services.Found): string => {
  if (found._tag === "Url") throw new Error("CHROME_BIN is the path of a program")
  return found.path
}

const browserOf = (found: Services.Found) =>
  Effect.acquireRelease(
    Effect.promise(() => chromium.launch({ executablePath: executable(found), args: ["--no-sandbox"] })),
    (browser) => Effect.promise(() => browser.close())
  )

const pageOf = (browser: Browser, url: string, width = 1280) =>
  Effect.promise(async () => {
    const page = await browser.newPage({ viewport: { width, height: 900 } })
    const problems: Array<string> = []
    page.on("pageerror", ({ message }) => problems.push(message))
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text())
    })
    await page.goto(`${url}/__simulator`)
    return { page, problems }
  })

const look = <A>(run: () => Promise<A>): Effect.Effect<A> => Effect.promise(run)

/** A picture of the page, where `SCREENSHOTS` names a folder. */
const picture = (page: Page, name: string) =>
  look(async () => {
    const folder = process.env["SCREENSHOTS"]
    if (folder === undefined) return
    mkdirSync(folder, { recursive: true })
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
  })

const ask = (body: object, path = "/v1/messages") =>
  Effect.gen(function*() {
    const { apiKey, url } = yield* Simulator.Simulator
    return yield* look(async () => {
      const headers = {
        "x-api-key": Redacted.value(apiKey),
        "anthropic-version": "2023-06-01",
        "content-type": "application/json"
      }
      const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) })
      await response.text().catch(() => undefined)
      return response.status
    })
  })

const hello = { model: "claude-opus-5-5", max_tokens: 60, messages: [{ role: "user", content: "Hello <b>you</b>" }] }

const options: Simulator.Options = {
  control: true,
  limits: { requestsPerMinute: 50, inputTokensPerMinute: 30_000, outputTokensPerMinute: 8000 }
}

Services.describeWith(Services.chromium, "the page of the simulator", (found) => {
  it.live("shows requests, why they were refused, and what is left of the limits", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* ask(hello)
      yield* ask({ ...hello, tempo: "fast" })
      yield* sim.script([Fault.overloaded()])
      yield* ask(hello)
      yield* ask({ ...hello, model: "claude-sonnet-5-5" })
      const browser = yield* browserOf(found)
      const { page, problems } = yield* pageOf(browser, sim.url)

      yield* look(() => page.getByText("Requests: 4").waitFor())
      const rows = page.locator("#journal details")
      assert.deepStrictEqual(yield* look(() => rows.locator(".status").allTextContents()), ["200", "529", "400", "200"])
      yield* look(() => page.getByText("tempo: Extra inputs are not permitted").waitFor())
      assert.include(yield* look(() => page.locator("#buckets").innerText()), "requests, opus-5, key 1")
      yield* picture(page, "wide")

      yield* look(() => page.getByLabel("Which requests").selectOption("refused"))
      assert.strictEqual(yield* look(() => rows.count()), 1)
      yield* look(() => page.getByLabel("Which requests").selectOption("all"))
      yield* look(() => page.getByLabel("Find in requests").fill("sonnet"))
      assert.strictEqual(yield* look(() => rows.count()), 1)
      yield* look(() => rows.first().locator("summary").click())
      const details = yield* look(() => rows.first().locator(".more").innerText())
      assert.include(details, "Hello <b>you</b>")
      assert.include(details, "<redacted>")
      assert.notInclude(yield* look(() => page.content()), Redacted.value(sim.apiKey))
      yield* picture(page, "open")
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.scoped, Effect.provide(Simulator.layer(options))))

  it.live("makes the next request fail at a click, plays scenarios, and starts over", () =>
    Effect.gen(function*() {
      const { url } = yield* Simulator.Simulator
      const browser = yield* browserOf(found)
      const { page, problems } = yield* pageOf(browser, url)
      yield* look(() => page.getByText("Nothing was asked yet").waitFor())
      yield* look(() => page.getByRole("button", { name: "529 overloaded" }).click())
      yield* look(() => page.getByText("1 fault in line").waitFor())
      assert.strictEqual(yield* ask(hello), 529)
      assert.strictEqual(yield* ask(hello), 200)
      yield* look(() => page.getByText("Requests: 2").waitFor())

      yield* look(() => page.getByRole("button", { name: "rate-limit" }).click())
      yield* look(() => page.getByText("From now on, rate-limit").waitFor())
      const statuses = yield* Effect.replicateEffect(ask(hello), 20)
      assert.includeMembers(statuses, [200, 429])

      yield* look(() => page.getByRole("button", { name: "all is well" }).click())
      yield* look(() => page.getByText("From now on, all is well").waitFor())
      yield* look(() => page.getByRole("button", { name: "Start over" }).click())
      yield* look(() => page.getByText("Nothing was asked yet").waitFor())
      assert.deepStrictEqual(problems, [])
    }).pipe(Effect.scoped, Effect.provide(Simulator.layer({ control: true }))))

  it.live("fits a telephone", () =>
    Effect.gen(function*() {
      const sim = yield* Simulator.Simulator
      yield* ask(hello)
      yield* ask({ ...hello, tempo: "fast" })
      const browser = yield* browserOf(found)
      const { page } = yield* pageOf(browser, sim.url, 400)
      yield* look(() => page.getByText("Requests: 2").waitFor())
      assert.strictEqual(yield* look(() => page.evaluate(() => document.documentElement.scrollWidth)), 400)
      yield* picture(page, "narrow")
    }).pipe(Effect.scoped, Effect.provide(Simulator.layer(options))))

  it.live("is in no frame of another site, whose script can neither read nor steer", () =>
    Effect.gen(function*() {
      const { remaining, url } = yield* Simulator.Simulator
      const other = Context.get(yield* Layer.build(Layer.fresh(Simulator.layer())), Simulator.Simulator)
      const browser = yield* browserOf(found)
      const page = yield* look(() => browser.newPage())
      const framed = yield* look(() => page.goto(`${url}/__simulator`))
      assert.include(framed?.headers()["content-security-policy"], "frame-ancestors 'none'")
      yield* look(() => page.goto(`${other.url}/elsewhere`))
      const outcomes = yield* look(() =>
        page.evaluate(async (url) => {
          const orders = "[{ \"_tag\": \"None\" }]"
          const attempt = (init: RequestInit, path = "faults") =>
            fetch(`${url}/__simulator/${path}`, init).then((response) => response.type, () => "failed")
          return [
            await attempt({}, "journal"),
            await attempt({ method: "POST", body: orders, headers: { "content-type": "application/json" } }),
            await attempt({ method: "POST", body: orders, mode: "no-cors", headers: { "content-type": "text/plain" } })
          ]
        }, url)
      )
      assert.deepStrictEqual(outcomes, ["failed", "failed", "opaque"])
      assert.strictEqual(yield* remaining, 0)
    }).pipe(Effect.scoped, Effect.provide(Simulator.layer({ control: true }))))
})
