// The MQTT broker of the demo, for machines without a mosquitto: aedes, kept on disk.
//
//   node broker.mjs PORT DATA_FOLDER ACCOUNTS_FILE
//
// The accounts file is read again when it changes, so a new device needs no restart.
import { pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { readFileSync, watchFile } from 'node:fs'
import { createServer } from 'node:net'

import { Aedes } from 'aedes'
import levelPersistence from 'aedes-persistence-level'
import { ClassicLevel } from 'classic-level'

const [port, dataFolder, accountsFile] = process.argv.slice(2)

const readAccounts = () =>
  new Map(JSON.parse(readFileSync(accountsFile, 'utf8')).accounts.map((it) => [it.name, it]))

let accounts = readAccounts()
watchFile(accountsFile, { interval: 300 }, () => {
  try {
    accounts = readAccounts()
    console.log(`accounts read again: ${accounts.size}`)
    dismiss()
  } catch (error) {
    // A half-written file: the former accounts hold until the next change.
    console.error(`accounts not read: ${error.message}`)
  }
})

// Whose account is gone is put off the line as well, and does not stay until it chooses to leave.
const dismiss = () => {
  for (const client of Object.values(broker.clients)) {
    if (!accounts.has(client.account)) client.close()
  }
}

// The hashes are mosquitto's: $7$ rounds $ salt $ PBKDF2-SHA512.
const isPasswordOf = (account, password) => {
  const [, , rounds, salt, hash] = account.password.split('$')
  const expected = Buffer.from(hash, 'base64')
  const found = pbkdf2Sync(
    password,
    Buffer.from(salt, 'base64'),
    Number(rounds),
    expected.length,
    'sha512'
  )
  return timingSafeEqual(expected, found)
}

const covers = (filter, topic) => {
  const wanted = filter.split('/')
  const given = topic.split('/')
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '#') return true
    if (i >= given.length) return false
    if (wanted[i] === '+' ? given[i] === '#' : wanted[i] !== given[i]) return false
  }
  return wanted.length === given.length
}

const isAllowed = (client, right, topic) =>
  (accounts.get(client.account)?.[right] ?? []).some((filter) => covers(filter, topic))

const broker = await Aedes.createBroker({
  persistence: levelPersistence(new ClassicLevel(dataFolder)),
  concurrency: 1000,
  queueLimit: 10_000,
  drainTimeout: 30_000
})

// aedes takes a packet for a duplicate when its number is below the last one delivered. A
// retained one is written to disk before it goes out, so others overtake it, and a live
// subscriber would never see it: a device's birth, or its state. What it means to catch, one
// packet matching two subscriptions of a client, is harmless here: receivers know numbers.
const nothingIsKnown = new Proxy({}, { get: () => 0, set: () => true })
broker.on('client', (client) => {
  client.duplicates = nothingIsKnown
})

broker.authenticate = (client, name, password, done) => {
  const account = accounts.get(name)
  const known = account && password && isPasswordOf(account, password)
  // Else one device could put another off the line by taking its client id.
  const isItself = account && (account.any_client_id || client.id === name)
  client.account = name
  if (known && isItself) return done(null, true)
  console.error(`refused: ${JSON.stringify(name)} as client ${JSON.stringify(client.id)}`)
  const refusal = new Error('not authorised')
  refusal.returnCode = known ? 2 : 4
  done(refusal, null)
}

broker.authorizePublish = (client, packet, done) => {
  // null: the broker's own messages, and wills, which were judged when they were left.
  if (!client || isAllowed(client, 'publish', packet.topic)) return done(null)
  console.error(`refused: ${client.account} publishing to ${packet.topic}`)
  done(new Error('topic not allowed'))
}

broker.authorizeSubscribe = (client, subscription, done) => {
  const allowed = isAllowed(client, 'subscribe', subscription.topic)
  if (!allowed) console.error(`refused: ${client.account} subscribing to ${subscription.topic}`)
  done(null, allowed ? subscription : null)
}

const server = createServer((socket) => {
  socket.setNoDelay(true)
  broker.handle(socket)
})
server.on('error', (error) => {
  console.error(`cannot listen: ${error.message}`)
  process.exit(1)
})
server.listen(Number(port), '127.0.0.1', () => console.log(`ready on port ${port}`))

const stop = () => {
  server.close()
  broker.close(() => process.exit(0))
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
