/** `socket.request.max.bytes`. */
export const MAX_REQUEST = 100 * 1024 * 1024
