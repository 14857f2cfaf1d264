/** An OTLP receiver over HTTP that keeps what it gets in words: enough to look at, not a collector. */
import { Effect } from "effect"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"

interface Attributes {
  readonly attributes?: ReadonlyArray<{ readonly key: string; readonly value: Readonly<Record<string, unknown>> }>
}

interface Body {
  readonly resourceSpans?: ReadonlyArray<
    { readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Attributes & { readonly name: string }> }> }
  >
  readonly resourceMetrics?: ReadonlyArray<
    {
      readonly scopeMetrics: ReadonlyArray<
        { readonly metrics: ReadonlyArray<{ readonly name: string; readonly unit?: string }> }
      >
    }
  >
  readonly resourceLogs?: ReadonlyArray<
    {
      readonly scopeLogs: ReadonlyArray<
        {
          readonly logRecords: ReadonlyArray<
            Attributes & { readonly severityText: string; readonly body: { readonly stringValue?: string } }
          >
        }
      >
    }
  >
}

const attributesOf = ({ attributes = [] }: Attributes): string =>
  attributes.map(({ key, value }) => `\n    ${key} = ${JSON.stringify(Object.values(value)[0])}`).join("")

const linesOf = ({ resourceLogs = [], resourceMetrics = [], resourceSpans = [] }: Body): ReadonlyArray<string> => [
  ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans).map((span) =>
    `span ${span.name}${attributesOf(span)}`
  ),
  ...resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics).flatMap(({ metrics }) => metrics).map(
    ({ name, unit }) => `metric ${name} in ${unit}`
  ),
  ...resourceLogs.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords).map((record) =>
    `log ${record.severityText} ${record.body.stringValue}${attributesOf(record)}`
  )
]

/** The receiver, where it listens, and what it has got so far. */
export const receiver = Effect.gen(function*() {
  const lines: Array<string> = []
  const server = createServer(async (request, response) => {
    lines.push(...linesOf(await json(request) as Body))
    response.end("{}")
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
    () => Effect.sync(() => server.close().closeAllConnections())
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, received: Effect.sync((): ReadonlyArray<string> => lines) }
})
