/**
 * Facts from a text: dates, branded ids, amounts, options and kinds that differ in their fields.
 *
 *     ANTHROPIC_API_KEY=sk-ant-… node examples/07-extraction.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, DateTime, Effect, Option, Schema } from "effect"
import { Claude } from "effect-claude"

const InvoiceId = Schema.String.check(Schema.isPattern(/^INV-\d{4}$/)).pipe(Schema.brand("InvoiceId"))

const Payment = Schema.TaggedUnion({
  Transfer: { iban: Schema.String.annotate({ description: "without spaces" }) },
  Card: { lastDigits: Schema.String.check(Schema.isPattern(/^\d{4}$/)) }
})

class Invoice extends Schema.Class<Invoice>("Invoice")({
  id: InvoiceId,
  due: Schema.DateTimeUtc.annotate({ description: "the end of the day on which it is due" }),
  discount: Schema.Option(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))).annotate({
    description: "a share of the whole, null if there is none"
  }),
  payment: Payment,
  lines: Schema.NonEmptyArray(Schema.Struct({
    what: Schema.NonEmptyString,
    cents: Schema.Int.check(Schema.isGreaterThan(0))
  }))
}) {
  get total(): number {
    const sum = this.lines.reduce((sum, { cents }) => sum + cents, 0)
    return Math.round(sum * (1 - Option.getOrElse(this.discount, () => 0)))
  }
}

const letter = "Invoice INV-2031: two chairs for 120.00 each, less 5 percent, by card (…4242), due on 3 March 2027."

const program = Effect.gen(function*() {
  const claude = yield* Claude.Claude
  const { tries, usage, value: invoice } = yield* claude.messages.objectWithMessage({
    model: "claude-opus-5-5",
    max_tokens: 1024,
    messages: [{ role: "user", content: `Extract the invoice.\n\n${letter}` }],
    schema: Invoice,
    reask: { times: 2 }
  })
  const payment = Payment.match(invoice.payment, {
    Card: ({ lastDigits }) => `card …${lastDigits}`,
    Transfer: ({ iban }) => `transfer to ${iban}`
  })
  yield* Console.log(
    `${invoice.id}: ${invoice.total / 100} by ${payment}, due ${DateTime.formatIsoDateUtc(invoice.due)}`
  )
  yield* Console.log(`${tries} tries, ${usage.outputTokens} tokens`)
}).pipe(
  Effect.catchTag(
    "StructuredOutputError",
    ({ message, tried, usage }) =>
      Console.error(`No invoice after ${tried.length + 1} tries and ${usage.outputTokens} tokens: ${message}`)
  )
)

NodeRuntime.runMain(program.pipe(Effect.provide(Claude.layerConfig())))
