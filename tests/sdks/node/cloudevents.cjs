// Sends CloudEvents by the SDK's own bindings: node cloudevents.cjs URL KEY binary|structured. Prints the statuses as JSON.
const { CloudEvent, emitterFor } = require('cloudevents')

async function main(url, key, mode) {
  const statuses = []
  const post = async (message) => {
    const headers = { ...message.headers, authorization: `Bearer ${key}` }
    for (let tries = 0; tries < 5; tries++) {
      const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers, body: message.body })
      statuses.push(answer.status)
      if (answer.status !== 503) return
    }
  }
  const emit = emitterFor(post, { mode })
  const event = (type, data) => new CloudEvent({ type, source: 'crm', subject: 'acme', data })
  await emit(event('account.updated', { name: 'Acme' }))
  await emit(event('person.updated', { person_id: 'mia', name: 'Zoë 🚀' }))
  for (let n = 0; n < 5; n++) {
    await emit(event('usage.recorded', { person_id: 'mia', feature: `Feature ${n}` }))
  }
  console.log(JSON.stringify(statuses))
}

main(...process.argv.slice(2))
