/** What each example tells, on whatever broker. */
export const TELLS: Readonly<Record<string, RegExp>> = {
  'orders-outbox.mjs':
    /^PostgreSQL \d[\s\S]*billed o-1: 12\nbilled o-2: 30\ne-mail: order o-1: 12\ne-mail: order o-2: 30/,
  'event-replay.mjs': /stock: { cake: 4, tea: 7 }\nstock after the replay: { cake: 3, tea: 7 }\nstill to be read: \d/,
  'request-reply.mjs': /tea costs 300\ngold: REJECTED\nslow: TIMED_OUT\n42: CONTRACT_VIOLATED/,
}

/** Of the one that needs packages of NestJS. */
export const NEST_TELLS = /^hello dear Nest\nclosed: CLOSED\n$/
