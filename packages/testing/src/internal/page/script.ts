/** What the page does. It writes nothing but text into the document, whatever clients send. */
export const script = String.raw`
"use strict"
const byId = (id) => document.getElementById(id)
const make = (name, className, text) => {
  const element = document.createElement(name)
  if (className) element.className = className
  if (text !== undefined) element.textContent = text
  return element
}
const presets = JSON.parse(byId("presets").textContent)

const faults = [
  ["529 overloaded", { _tag: "Error", status: 529 }],
  ["429, back in 2 s", { _tag: "Error", status: 429, retryAfter: "2 seconds" }],
  ["500", { _tag: "Error", status: 500 }],
  ["Connection reset", { _tag: "ResetBeforeHeaders" }],
  ["Cut body", { _tag: "CutBody", afterBytes: 100 }],
  ["Stall", { _tag: "StallBody", afterBytes: 100 }],
  ["Slow, 100 B/s", { _tag: "SlowBody", bytesPerSecond: 100 }],
  ["HTML page", { _tag: "Body", status: 200, contentType: "text/html", text: "<!DOCTYPE html><h1>Sign in</h1>" }],
  ["Error in stream", { _tag: "StreamError", afterEvents: 4, type: "overloaded_error" }],
  ["Stream ends early", { _tag: "StreamEnds", afterEvents: 4 }]
]

const say = (text, wrong) => {
  byId("said").textContent = text
  byId("said").className = wrong ? "wrong" : ""
}

const order = async (path, body, done) => {
  try {
    const response = await fetch("/__simulator/" + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    const answer = await response.json()
    if (response.ok) say(done)
    else say(answer.error, true)
  } catch {
    say("The simulator does not answer.", true)
  }
  await refresh()
}

const button = (parent, text, title, act) => {
  const element = make("button", "", text)
  element.type = "button"
  element.title = title
  element.addEventListener("click", act)
  byId(parent).append(element)
}
for (const [name, fault] of faults) {
  button("faults", name, JSON.stringify(fault), () => order("faults", [fault], "The next request gets: " + name + "."))
}
for (const [name, { description, scenario }] of Object.entries(presets)) {
  button("scenarios", name, description, () => order("faults", scenario, "From now on, " + name + ": " + description + "."))
}
button("scenarios", "all is well", "No scenario", () => order("faults", { rules: [] }, "From now on, all is well."))
button("reset", "Start over", "Forget journal, faults, batches and uploads", () => order("reset", {}, "All is forgotten."))

const kindOf = (entry) => {
  if (entry.outcome === "pending") return "pending"
  if (entry.fault !== undefined) return "fault"
  if (entry.status >= 400) return "refused"
  return "answered"
}
const classes = { pending: "", fault: "odd", refused: "bad", answered: "good" }

const whyOf = (entry) => {
  const parts = []
  if (entry.fault !== undefined) parts.push("fault " + entry.fault)
  if (entry.error !== undefined) parts.push(entry.error.message)
  if (entry.outcome !== "answered") parts.push(entry.outcome.replace("-", " "))
  return parts.join(" · ")
}

const modelOf = (entry) =>
  entry.body !== null && typeof entry.body === "object" && typeof entry.body.model === "string" ? entry.body.model : ""

const rendered = (entry) => {
  const row = make("span", "row " + classes[kindOf(entry)])
  const usage = entry.usage
  row.append(
    make("span", "time", new Date(entry.receivedAt).toTimeString().slice(0, 8)),
    make("span", "what mono", entry.method + " " + entry.path),
    make("span", "model mono", modelOf(entry)),
    make("span", "status", entry.status === undefined ? "…" : String(entry.status)),
    make("span", "why", whyOf(entry)),
    make("span", "tokens", usage ? usage.input_tokens + " → " + usage.output_tokens : "")
  )
  return row
}

const detailsOf = (entry) => {
  const more = make("div", "more")
  const parts = { "Request": entry.requestId, "Query": entry.query, "Body": entry.body, "Headers": entry.headers,
    "Usage": entry.usage }
  for (const [name, value] of Object.entries(parts)) {
    if (value === undefined || (name === "Query" && Object.keys(value).length === 0)) continue
    more.append(make("h3", "", name), make("pre", "", typeof value === "string" ? value : JSON.stringify(value, null, 2)))
  }
  return more
}

const shown = new Map()
const rowOf = (entry) => {
  const text = JSON.stringify([entry.status, entry.outcome, entry.fault, entry.error, entry.usage])
  const known = shown.get(entry.requestId)
  if (known !== undefined && known.text === text) return known.element
  const element = make("details")
  const summary = make("summary")
  summary.append(rendered(entry))
  element.append(summary)
  element.addEventListener("toggle", () => {
    if (element.open && element.children.length === 1) element.append(detailsOf(entry))
  })
  element.open = known !== undefined && known.element.open
  shown.set(entry.requestId, { text, element })
  return element
}

let entries = []
const most = 200
const show = () => {
  const words = byId("search").value.toLowerCase()
  const kind = byId("kind").value
  const found = entries.filter((entry) =>
    (kind === "all" || kindOf(entry) === kind) &&
    (words === "" || JSON.stringify(entry).toLowerCase().includes(words)))
  const rows = found.slice(-most).reverse().map(rowOf)
  const journal = byId("journal")
  if (rows.length !== journal.children.length || rows.some((row, index) => row !== journal.children[index])) {
    const focused = document.activeElement
    journal.replaceChildren(...rows)
    if (focused instanceof HTMLElement && journal.contains(focused)) focused.focus({ preventScroll: true })
  }
  byId("count").textContent = "Requests: " + (found.length === entries.length
    ? total + (found.length > most ? ", the last " + most : "")
    : found.length + " of " + (total > entries.length ? "the last " : "") + entries.length)
  byId("empty").hidden = entries.length > 0
}

const rounded = (value) => Math.max(0, Math.floor(value)).toLocaleString()
const showState = (state) => {
  const line = []
  if (state.faults > 0) line.push(state.faults + (state.faults === 1 ? " fault" : " faults") + " in line")
  if (state.replies > 0) line.push(state.replies + " canned " + (state.replies === 1 ? "reply" : "replies"))
  line.push(state.connections + (state.connections === 1 ? " connection" : " connections"))
  byId("live").textContent = line.join(", ")
  byId("limits").hidden = state.limits.length === 0
  byId("buckets").replaceChildren(...state.limits.map((limit) => {
    const bucket = make("div", "bucket")
    const bar = make("progress")
    bar.max = limit.limit
    bar.value = Math.max(0, limit.left)
    const name = limit.name.replace("-", " ") + ", " + limit.group + ", key " + limit.key
    bar.setAttribute("aria-label", name)
    bucket.append(make("span", "", name), make("span", "", rounded(limit.left) + " of " + rounded(limit.limit)), bar)
    return bucket
  }))
}

let last = ""
let total = 0
const kept = 1000
const refresh = async () => {
  try {
    const [journal, state] = await Promise.all(["journal?last=" + kept, "state"].map((name) => fetch("/__simulator/" + name)))
    const text = await journal.text()
    const now = await state.json()
    total = now.requests
    showState(now)
    byId("live").className = ""
    if (text !== last) {
      last = text
      entries = JSON.parse(text)
      const ids = new Set(entries.map((entry) => entry.requestId))
      for (const id of shown.keys()) if (!ids.has(id)) shown.delete(id)
    }
    show()
  } catch {
    byId("live").textContent = "does not answer"
    byId("live").className = "lost"
  }
}

const poll = async () => {
  if (!document.hidden) await refresh()
  setTimeout(poll, 1000)
}
byId("search").addEventListener("input", show)
byId("kind").addEventListener("change", show)
document.addEventListener("visibilitychange", refresh)
for (const element of document.querySelectorAll(".url")) element.textContent = location.origin
poll()
`
