/**
 * What the service weighs on top of what it is made of: to the type checker, at the start of a program, and in a bundle.
 * Prints figures as Markdown, and whether the targets are met.
 */
import { build } from "esbuild"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { gzipSync } from "node:zlib"
import { all, folder, makeFixture, type Name, names, node, run } from "./fixture.ts"
import { type Figures, interleaved } from "./stats.ts"

const { values } = parseArgs({ options: { rounds: { type: "string", default: "11" } } })
const rounds = Number(values.rounds)

const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? NaN)

/** `tsc` on the program alone, declarations of packages unchecked as most projects have it. */
const types = (name: Name) => {
  const report = run("tsc", "-p", `tsconfig.${name}.json`, "--extendedDiagnostics")
  return {
    seconds: numberIn(report, /Total time:\s+([\d.]+)s/),
    megabytes: numberIn(report, /Memory used:\s+(\d+)K/) / 1024
  }
}

const probe = `
  const before = process.cpuUsage()
  const start = performance.now()
  await import("./" + process.argv[1])
  const milliseconds = performance.now() - start
  const { system, user } = process.cpuUsage(before)
  globalThis.gc()
  console.log(JSON.stringify({
    milliseconds, cpu: (system + user) / 1000, megabytes: process.memoryUsage().heapUsed / 2 ** 20
  }))
`

/** A process that imports the program and does nothing else. */
const start = (name: Name): { milliseconds: number; cpu: number; megabytes: number } =>
  JSON.parse(run(node, "--expose-gc", "--input-type=module", "-e", probe, `${name}.start.js`))

const bundle = async (name: Name): Promise<Uint8Array> => {
  const { outputFiles: [file] } = await build({
    entryPoints: [join(folder, `${name}.ts`)],
    absWorkingDir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    write: false,
    logLevel: "error"
  })
  return file?.contents ?? new Uint8Array()
}

/** The programs without their types, for Node to import as a user's build has them. */
const transpile = () =>
  Promise.all(
    all.map((name) =>
      build({ entryPoints: [join(folder, `${name}.ts`)], outfile: join(folder, `${name}.start.js`), logLevel: "error" })
    )
  )

const show = ({ median, spread: [low, high] }: Figures, digits: number): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`

const table = (head: ReadonlyArray<string>, row: (name: Name) => ReadonlyArray<string>): void => {
  console.log(`\n| ${["program", ...head].join(" | ")} |\n|${"---|".repeat(head.length + 1)}`)
  for (const name of all) console.log(`| ${[names[name], ...row(name)].join(" | ")} |`)
}

const targets: Array<string> = []
const target = (what: string, value: number, limit: number, unit: string): void => {
  targets.push(`- ${what}: ${value.toFixed(2)}${unit}, ${value <= limit ? "met" : "MISSED"} (at most ${limit}${unit})`)
}

makeFixture()
await transpile()

const checked = interleaved(rounds, types)
table(["`tsc`, seconds", "memory, MB"], (name) => [show(checked[name].seconds, 2), show(checked[name].megabytes, 0)])
target(
  "type check, over the SDK and the same modules",
  checked.service.seconds.median / checked.modules.seconds.median,
  1.25,
  "x"
)

const started = interleaved(rounds * 2, start)
table(["import, ms", "CPU, ms", "heap, MB"], (name) => [
  show(started[name].milliseconds, 0),
  show(started[name].cpu, 0),
  show(started[name].megabytes, 1)
])
target(
  "import, over the SDK and the same modules",
  started.service.milliseconds.median / started.modules.milliseconds.median,
  1.15,
  "x"
)

const sizes = new Map(
  await Promise.all(all.map(async (name) => {
    const bytes = await bundle(name)
    return [name, { whole: bytes.length / 1000, gzip: gzipSync(bytes).length / 1000 }] as const
  }))
)
const size = (name: Name): number => sizes.get(name)?.whole ?? NaN
table(["minified bundle, KB", "gzip, KB"], (name) => [size(name).toFixed(0), sizes.get(name)?.gzip.toFixed(0) ?? ""])
target("bundle, over the SDK and the same modules whole", size("service") - size("modules"), 25, " KB")
target("bundle, over the same by hand", size("service") - size("by-hand"), 25, " KB")

console.log(`\n${targets.join("\n")}`)
