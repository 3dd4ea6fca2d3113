// Speaks by @rudderstack/rudder-sdk-node: node rudder.cjs URL KEY. Prints the failures as JSON.
const RudderAnalytics = require('@rudderstack/rudder-sdk-node')

async function main(dataPlaneUrl, writeKey) {
  const failed = []
  const errorHandler = (error) => failed.push(String(error))
  const rudder = new RudderAnalytics(writeKey, { dataPlaneUrl, flushAt: 6, flushInterval: 100, logLevel: 'silly', errorHandler })
  const context = () => ({ groupId: 'acme' })
  const userId = 'mia'
  const sent = []
  const send = (call, message) =>
    sent.push(new Promise((done) => rudder[call]({ userId, context: context(), ...message }, done)))
  send('group', { groupId: 'acme', traits: { name: 'Acme', mrr: 1200.5 } })
  send('identify', { traits: { name: 'Mia Wong' } })
  send('alias', { previousId: 'anon-1' })
  send('page', { name: 'Start' })
  send('screen', { name: 'Home' })
  for (let n = 0; n < 10; n++) {
    send('track', { event: `Feature ${n}`, properties: { n, price: 1.5, name: 'Zoë 🚀' } })
  }
  await rudder.flush()
  await Promise.all(sent)
  console.log(JSON.stringify(failed))
}

main(...process.argv.slice(2))
