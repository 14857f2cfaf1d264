/** The command line. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Lab from "../Lab.ts"
import * as Policy from "../Policy.ts"
import * as Report from "../Report.ts"
import * as Scenario from "../Scenario.ts"
import * as PolicyFile from "./policyFile.ts"
import * as Progress from "./progress.ts"
import * as Text from "./text.ts"

/** Something that the user can mend. Its message is all that they need. */
export class UsageProblem extends Data.TaggedError("UsageProblem")<{ readonly message: string }> {}

const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 }))

const flags = {
  policies: Flag.String("policy").pipe(
    Flag.withAlias("p"),
    Flag.withMetavar("file|name"),
    Flag.withDescription("A module that exports Schedules, or a built-in policy; may be repeated"),
    Flag.atLeast(0)
  ),
  scenarios: Flag.String("scenario").pipe(
    Flag.withAlias("s"),
    Flag.withMetavar("name"),
    Flag.withDescription(
      `One of ${Scenario.builtIn.map(({ name }) => name).join(", ")}; may be repeated. Default: all`
    ),
    Flag.atLeast(0)
  ),
  clients: Flag.Int("clients").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("How many clients (contention: 100 at most). Default: 10,000"),
    Flag.withSchema(Count),
    Flag.withDefault(10_000)
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDescription("Same seed, same result. Default: 1"),
    Flag.withDefault(1)
  ),
  out: Flag.String("out").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("file"),
    Flag.withDescription("Where the HTML report goes. Default: retry-report.html"),
    Flag.withDefault("retry-report.html")
  )
}

const findScenario = (name: string): Effect.Effect<Scenario.Scenario, UsageProblem> => {
  const found = Scenario.builtIn.find((scenario) => scenario.name === name)
  const known = Scenario.builtIn.map(({ name }) => name).join(", ")
  return found === undefined
    ? Effect.fail(new UsageProblem({ message: `There is no scenario "${name}". The scenarios are ${known}.` }))
    : Effect.succeed(found)
}

const isContest = (scenario: Scenario.Scenario): boolean => scenario.server.some(({ _tag }) => _tag === "Contention")

/** The user's policies beside those that they are most likely to replace; without any, all built-in ones. */
const lineUp = (scenario: Scenario.Scenario, own: ReadonlyArray<Policy.Policy>): ReadonlyArray<Policy.Policy> => {
  if (isContest(scenario)) return [...Policy.contention, ...own]
  if (own.length === 0) return Policy.builtIn
  const yardsticks = Policy.builtIn.filter(({ name }) => yardstickNames.has(name))
  return [...yardsticks, ...own].filter(({ name }, index, all) => all.findIndex((_) => _.name === name) === index)
}

const yardstickNames: ReadonlySet<string> = new Set(["none", "sdk", "default"])

/** A crowd that is large enough to show that a policy is broken or never ends, and small enough to show it at once. */
const scouts = 200

const crowdOf = (scenario: Scenario.Scenario, clients: number): number => Math.min(clients, scenario.atMost ?? clients)

/** A policy may go on for ever where somebody always wins, and nowhere else. */
const scout = (scenarios: ReadonlyArray<Scenario.Scenario>, own: ReadonlyArray<Policy.Policy>, seed: number) => {
  const grounds = scenarios.every(isContest) ? scenarios : [Scenario.endless(), ...scenarios]
  return Effect.forEach(
    grounds,
    (scenario) =>
      Effect.forEach(own, (policy) => Lab.run({ scenario, policy, seed, clients: crowdOf(scenario, scouts) }))
  )
}

const compare = Effect.fnUntraced(function*(plan: {
  readonly scenarios: ReadonlyArray<Scenario.Scenario>
  readonly own: ReadonlyArray<Policy.Policy>
  readonly clients: number
  readonly seed: number
}) {
  const { clients, own, scenarios, seed } = plan
  yield* scout(scenarios, own, seed)
  const total = scenarios.reduce((sum, scenario) => sum + lineUp(scenario, own).length, 0)
  const progress = Progress.make(total)
  return yield* Effect.forEach(scenarios, (scenario) =>
    Effect.gen(function*() {
      const policies = lineUp(scenario, own)
      const results = yield* Effect.forEach(policies, (policy) =>
        Lab.run({
          scenario,
          policy,
          seed,
          clients: crowdOf(scenario, clients),
          onProgress: progress.during(`${scenario.name}, ${policy.name}`)
        }).pipe(Effect.tap(() => progress.done)))
      const chapter: Report.Chapter = { scenario, policies, results }
      yield* progress.clear
      yield* Console.log(`${Report.table(chapter)}\n`)
      return chapter
    })).pipe(Effect.ensuring(progress.clear))
})

/** The command as it could be typed again. */
const said = (args: ReadonlyArray<string>): string =>
  ["pnpm lab", ...args.map((arg) => /^[\w./:=,@+-]+$/.test(arg) ? arg : JSON.stringify(arg))].join(" ")

/** Fails before the work rather than after it. */
const writable = Effect.fnUntraced(function*(out: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.resolve(out)
  const info = yield* Effect.option(fs.stat(path.dirname(file)))
  const isThere = info._tag === "Some" && info.value.type === "Directory"
  return isThere ? file : yield* cannotWrite(out, `there is no folder ${path.dirname(file)}`)
})

const cannotWrite = (out: string, why: string): UsageProblem =>
  new UsageProblem({ message: `The report cannot be written to ${out}: ${why}.` })

const write = Effect.fnUntraced(function*(file: string, html: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.writeFileString(file, html).pipe(
    Effect.mapError(({ message }) => cannotWrite(file, message))
  )
  yield* Console.log(`${Report.legend}\n\nPlots: ${file}`)
})

export const command = (args: ReadonlyArray<string>) =>
  Command.make("lab", flags, ({ clients, out, policies, scenarios, seed }) =>
    Effect.gen(function*() {
      const chosen = scenarios.length === 0 ? Scenario.builtIn : yield* Effect.forEach(scenarios, findScenario)
      const file = yield* writable(out)
      const own = (yield* Effect.forEach(policies, PolicyFile.load)).flat()
      const chapters = yield* compare({ scenarios: chosen, own, clients, seed })
      yield* write(file, yield* Report.html(chapters, { command: said(args) }))
    })).pipe(
      Command.withDescription("Tries retry policies against outages, in virtual time"),
      Command.withExamples([
        { command: "lab", description: "Compare the built-in policies in all scenarios" },
        {
          command: "lab --policy ./my-policy.ts --scenario outage-60s --clients 100000",
          description: "Try a policy of your own"
        }
      ])
    )

/** Text for the user where something went wrong. */
export const complaint = (message: string): string => Text.wrap(message, 96)
