// Speaks by @segment/analytics-node: node segment.cjs URL KEY. Prints the failures as JSON.
const { Analytics } = require('@segment/analytics-node')

async function main(host, writeKey) {
  const failed = []
  const analytics = new Analytics({ writeKey, host, flushAt: 6, flushInterval: 100 })
  analytics.on('error', (error) => failed.push(String(error.reason ?? error.code ?? error)))
  const context = { groupId: 'acme' }
  const userId = 'mia'
  analytics.group({ userId, groupId: 'acme', traits: { name: 'Acme', mrr: 1200.5 }, context })
  analytics.identify({ userId, traits: { name: 'Mia Wong' }, context })
  analytics.alias({ userId, previousId: 'anon-1', context })
  analytics.page({ userId, name: 'Start', context })
  analytics.screen({ userId, name: 'Home', context })
  for (let n = 0; n < 10; n++) {
    analytics.track({ userId, event: `Feature ${n}`, properties: { n, price: 1.5, name: 'Zoë 🚀' }, context })
  }
  await analytics.flush({ close: true, timeout: 20000 })
  console.log(JSON.stringify(failed))
}

main(...process.argv.slice(2))
