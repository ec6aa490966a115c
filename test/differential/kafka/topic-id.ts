/** The id of no topic. */
export const NO_TOPIC = 'AAAAAAAAQAAAAAAAAAAAAQ'
