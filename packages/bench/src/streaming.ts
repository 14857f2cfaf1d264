/**
 * Events of a streamed message, side by side: CPU and time an event, time to the first event.
 *
 *     node packages/bench/src/streaming.ts [--rounds 11] [--sizes 100,10000,100000] [--modes packed,single] [--clients …]
 *
 * Each client is a process of its own, as is the server; within a round every client has its turn, in an order that
 * changes, so that what else the machine does meets all of them.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import process from "node:process"
import { parseArgs } from "node:util"
import type { Sample, Task } from "./streaming/client.ts"

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "11" },
    clients: { type: "string" },
    sizes: { type: "string", default: "100,10000,100000" },
    modes: { type: "string", default: "packed,single" }
  }
})

const clients = options.clients?.split(",") ?? [
  "sdk-create",
  "sdk-stream",
  "sdk-final-message",
  "sdk-in-effect",
  "effect-claude",
  "effect-claude-arrays",
  "effect-claude-message",
  "fetch",
  "ai",
  "langchain"
]

/** Twenty times as slow: fewer rounds of fewer events, and no long messages. */
const heavy = new Set(["ai", "langchain"])

const start = async (path: string, ...args: ReadonlyArray<string>) => {
  const child = fork(new URL(path, import.meta.url), args, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  const [ready] = await once(child, "message")
  return { child, ready }
}

const server = await start("./streaming/server.ts")
const processes = await Promise.all(
  clients.map(async (name) => ({ name, ...await start("./streaming/client.ts", name) }))
)

const ask = async (child: (typeof processes)[number]["child"], task: Task): Promise<Sample> => {
  child.send(task)
  const [sample] = await once(child, "message")
  return sample
}

const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.round((sorted.length - 1) * q)] ?? Number.NaN

const summary = (values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) }
}

const show = ({ high, low, median }: ReturnType<typeof summary>, digits: number) =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`

const compare = async (mode: string, size: number) => {
  const url = `http://127.0.0.1:${server.ready.port}/${mode}/${size}`
  const running = processes.filter(({ name }) => size <= 10_000 || !heavy.has(name))
  const samples = new Map(running.map(({ name }) => [name, new Array<Sample>()]))
  const taskOf = (name: string): Task => ({
    url,
    streams: Math.max(1, Math.round((heavy.has(name) ? 2000 : 20_000) / size))
  })
  const turn = async ({ child, name }: (typeof processes)[number]) => {
    const task = taskOf(name)
    const { cpuMicros, firstMillis, wallMillis } = await ask(child, task)
    const events = size * task.streams
    return { cpuMicros: cpuMicros / events, firstMillis, wallMillis: wallMillis / events }
  }
  for (const client of running) for (let warm = 0; warm < (heavy.has(client.name) ? 1 : 3); warm++) await turn(client)
  for (let round = 0; round < Number(options.rounds); round++) {
    const shift = round % running.length
    for (const client of [...running.slice(shift), ...running.slice(0, shift)]) {
      if (round < 3 || !heavy.has(client.name)) samples.get(client.name)?.push(await turn(client))
    }
  }
  return samples
}

const print = (mode: string, size: number, samples: Awaited<ReturnType<typeof compare>>) => {
  const base = summary((samples.get(clients[0] ?? "") ?? []).map(({ cpuMicros }) => cpuMicros)).median
  console.log(`\n${mode}, ${size} events`)
  console.log("| client | CPU an event, us | x | thousand events a second | first event, ms |\n|---|---|---|---|---|")
  for (const [name, all] of samples) {
    const cpu = summary(all.map(({ cpuMicros }) => cpuMicros))
    const rate = summary(all.map(({ wallMillis }) => 1 / wallMillis))
    const first = summary(all.map(({ firstMillis }) => firstMillis))
    console.log(
      `| ${name} | ${show(cpu, 2)} | ${(cpu.median / base).toFixed(2)} | ${rate.median.toFixed(0)} | ${
        show(first, 2)
      } |`
    )
  }
}

for (const mode of options.modes.split(",")) {
  for (const size of options.sizes.split(",").map(Number)) print(mode, size, await compare(mode, size))
}

process.exit()
