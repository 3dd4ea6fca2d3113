// Signs a body as Stripe's own helper does: node stripe.cjs BODY SECRET. Prints the header as JSON.
const Stripe = require('stripe')

const [payload, secret] = process.argv.slice(2)
const stripe = new Stripe('sk_test_nothing_is_called')
console.log(JSON.stringify(stripe.webhooks.generateTestHeaderString({ payload, secret })))
