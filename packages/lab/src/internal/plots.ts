/** The plots, by Vega-Lite, as SVG whose colors are those of the page. Loaded on demand: Vega takes a quarter of a second. */
import * as Effect from "effect/Effect"
import * as vega from "vega"
import { compile, type Config, type TopLevelSpec } from "vega-lite"
import { binMillis } from "./Recorder.ts"
import type { Result } from "./Result.ts"
import * as Text from "./text.ts"

export interface Plot {
  readonly title: string
  readonly description: string
  readonly svg: string
}

/** Small enough to be read on a telephone without shrinking; a wide page puts plots side by side. */
const width = 290
const rowHeight = 34

const colorOf = (index: number): string => `var(--policy-${index})`

const config: Config = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: "var(--muted)",
    titleColor: "var(--muted)",
    gridColor: "var(--line)",
    domainColor: "var(--line)",
    tickColor: "var(--line)",
    titleFontWeight: "normal",
    labelFontSize: 11,
    titleFontSize: 11
  },
  header: { labelColor: "var(--text)", labelFontSize: 11, labelPadding: 2 }
}

/** All plots of the results of one scenario. */
export const plots = (results: ReadonlyArray<Result>): Effect.Effect<ReadonlyArray<Plot>> =>
  Effect.forEach(
    [callsOverTime(results), completion(results), delays(results)],
    ({ spec, ...plot }) => Effect.map(draw(spec, plot.title), (svg) => ({ ...plot, svg }))
  )

const draw = (spec: TopLevelSpec, title: string): Effect.Effect<string> =>
  Effect.promise(() => new vega.View(vega.parse(compile(spec).spec), { renderer: "none" }).toSVG()).pipe(
    Effect.map((svg) =>
      svg.replace(
        /^<svg [^>]*(?=viewBox)/,
        `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${Text.escapeHtml(title)}" `
      )
    )
  )

const colors = (results: ReadonlyArray<Result>) => ({
  field: "policy",
  type: "nominal" as const,
  legend: null,
  scale: { domain: results.map(({ policy }) => policy), range: results.map((_, index) => colorOf(index)) }
})

const rows = (results: ReadonlyArray<Result>) => ({
  row: {
    field: "policy",
    type: "nominal" as const,
    sort: results.map(({ policy }) => policy),
    header: { title: null, labelAngle: 0, labelOrient: "top" as const, labelAnchor: "start" as const }
  }
})

const callsOverTime = (results: ReadonlyArray<Result>) => {
  const binsPerPoint = Math.max(1, Math.ceil(Math.max(...results.map(({ timeline }) => timeline.length)) / 150))
  const seconds = binsPerPoint * binMillis / 1000
  const values = results.flatMap(({ policy, timeline }) =>
    Array.from({ length: Math.ceil(timeline.length / binsPerPoint) + 1 }, (_, point) => ({
      policy,
      at: point * seconds,
      calls: timeline.slice(point * binsPerPoint, (point + 1) * binsPerPoint)
        .reduce((sum, { calls }) => sum + calls, 0) / seconds
    }))
  )
  const spec: TopLevelSpec = {
    config,
    data: { values },
    facet: rows(results),
    spacing: 4,
    spec: {
      width,
      height: rowHeight,
      mark: { type: "area", interpolate: "step-after" },
      encoding: {
        x: { field: "at", type: "quantitative", title: "seconds", scale: { nice: false }, axis: { tickCount: 6 } },
        y: { field: "calls", type: "quantitative", title: null, axis: { tickCount: 2, format: "~s" } },
        color: colors(results)
      }
    }
  }
  return { title: "Calls a second", description: "What the server gets to see, all on one scale.", spec }
}

/** Percentiles of the answers, as shares of all clients, and on to the right edge. */
const completionPoints = (result: Result, end: number) => {
  const { completions, policy, successRate, successes } = result
  if (successes === 0) return [{ policy, at: end, share: 0 }]
  const points = completions.map((millis, percent) => ({
    policy,
    at: Math.max(millis, 1) / 1000,
    share: percent / 100 * successRate
  }))
  return [...points, { policy, at: end, share: successRate }]
}

const completion = (results: ReadonlyArray<Result>) => {
  const end = Math.max(0.002, ...results.map(({ completions }) => (completions.at(-1) || 0) / 1000))
  const spec: TopLevelSpec = {
    config,
    data: { values: results.flatMap((result) => completionPoints(result, end)) },
    width,
    height: 300,
    mark: { type: "line", strokeWidth: 1.6, interpolate: "step-after", clip: true },
    encoding: {
      x: {
        field: "at",
        type: "quantitative",
        title: "seconds since the first call",
        scale: { type: "log", nice: false },
        axis: { tickCount: 5, format: "~g" }
      },
      y: {
        field: "share",
        type: "quantitative",
        title: null,
        scale: { domain: [0, 1] },
        axis: { format: ".0%", tickCount: 5 }
      },
      color: colors(results)
    }
  }
  return { title: "Answers", description: "The share of all clients that has its answer by then.", spec }
}

const delays = (results: ReadonlyArray<Result>) => {
  const retrying = results.filter((result) => result.delays.length > 0)
  const values = retrying.flatMap(({ delays, policy }) =>
    delays.slice(0, 12).map(({ p5, p50, p95, retry }) => ({
      policy,
      retry,
      p5: p5 / 1000,
      p50: p50 / 1000,
      p95: p95 / 1000
    }))
  )
  const x = { field: "retry", type: "ordinal" as const, title: "retry", axis: { labelAngle: 0 } }
  const y = { type: "quantitative" as const, title: null, axis: { tickCount: 2, format: "~g" } }
  const spec: TopLevelSpec = {
    config,
    data: { values },
    facet: rows(retrying),
    spacing: 4,
    spec: {
      width,
      height: rowHeight,
      encoding: { x, color: colors(results) },
      layer: [
        {
          mark: { type: "bar", opacity: 0.35, width: 10, minBandSize: 1 },
          encoding: { y: { field: "p5", ...y }, y2: { field: "p95" } }
        },
        {
          mark: { type: "tick", thickness: 2, width: 14, orient: "horizontal" },
          encoding: { y: { field: "p50", ...y } }
        }
      ]
    }
  }
  return {
    title: "Delay of each retry",
    description: "In seconds: the median, and where 9 of 10 delays lie.",
    spec
  }
}
