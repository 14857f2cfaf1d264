/**
 * Events of a streamed message, side by side: CPU and time an event, time to the first event.
 *
 *     node packages/bench/src/streaming.ts [rounds]
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
  "fetch"
]

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

for (const mode of options.modes.split(",")) {
  for (const size of options.sizes.split(",").map(Number)) {
    const task: Task = {
      url: `http://127.0.0.1:${server.ready.port}/${mode}/${size}`,
      streams: Math.max(1, Math.round(20_000 / size))
    }
    const samples = new Map(clients.map((name) => [name, new Array<Sample>()]))
    for (const { child } of processes) for (let warm = 0; warm < 3; warm++) await ask(child, task)
    for (let round = 0; round < Number(options.rounds); round++) {
      const shift = round % processes.length
      for (const { child, name } of [...processes.slice(shift), ...processes.slice(0, shift)]) {
        samples.get(name)?.push(await ask(child, task))
      }
    }
    const events = size * task.streams
    const base = summary((samples.get(clients[0] ?? "") ?? []).map(({ cpuMicros }) => cpuMicros / events)).median
    console.log(`\n${mode}, ${size} events`)
    console.log("| client | CPU/event, us | x | events/s | first event, ms |\n|---|---|---|---|---|")
    for (const [name, all] of samples) {
      const cpu = summary(all.map(({ cpuMicros }) => cpuMicros / events))
      const rate = summary(all.map(({ wallMillis }) => events / wallMillis))
      const first = summary(all.map(({ firstMillis }) => firstMillis))
      console.log(
        `| ${name} | ${show(cpu, 2)} | ${(cpu.median / base).toFixed(2)} | ${rate.median.toFixed(0)}k | ${
          show(first, 2)
        } |`
      )
    }
  }
}

process.exit()
