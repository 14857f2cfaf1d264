/** The page: one document, with all it needs in it. */
import * as Schema from "effect/Schema"
import * as Scenario from "../../Scenario.ts"
import { script } from "./script.ts"
import { style } from "./style.ts"

const encode = Schema.encodeSync(Scenario.Scenario)

const presets = JSON.stringify(Object.fromEntries(
  Object.entries(Scenario.presets).map((
    [name, { description, scenario }]
  ) => [name, { description, scenario: encode(scenario) }])
)).replaceAll("<", "\\u003c")

export const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated Claude API</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<header>
<h1>Simulated Claude API</h1>
<span class="mono url"></span>
<span id="live" role="status">connecting</span>
</header>
<div class="panels">
<section id="controls" aria-label="Faults">
<h2>Make the next request fail</h2>
<div class="buttons" id="faults"></div>
<h2>Play a scenario from now on</h2>
<div class="buttons" id="scenarios"></div>
<p id="said" role="status"></p>
</section>
<section aria-labelledby="left" id="limits" hidden>
<h2 id="left">What is left of the rate limits</h2>
<div id="buckets"></div>
</section>
</div>
<section aria-labelledby="count">
<div class="filters">
<h2 id="count">Requests</h2>
<input id="search" type="search" placeholder="Find in requests" aria-label="Find in requests">
<select id="kind" aria-label="Which requests">
<option value="all">all</option>
<option value="answered">answered</option>
<option value="refused">refused</option>
<option value="fault">with a fault</option>
<option value="pending">not answered yet</option>
</select>
<span class="buttons" id="reset"></span>
</div>
<div class="names" aria-hidden="true"><span class="row"><span>time</span><span>request</span><span>model</span><span>status</span><span>why</span><span class="tokens">tokens</span></span></div>
<div id="journal"></div>
<div class="empty" id="empty"><p>Nothing was asked yet. Point a client here:</p>
<pre>ANTHROPIC_BASE_URL=<span class="url"></span></pre></div>
</section>
</main>
<script type="application/json" id="presets">${presets}</script>
<script>${script}</script>
</body>
</html>
`
