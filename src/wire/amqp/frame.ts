/**
 * AMQP 0-9-1 frames.
 *
 * ```
 *         ┌──────┬─────────┬────────┬─────────────┬──────┐
 *         │ type │ channel │ size   │ payload     │ 0xCE │
 *         │ u8   │ u16     │ u32    │ size bytes  │      │
 *         └──────┴─────────┴────────┴─────────────┴──────┘
 * method    1      class u16 | method u16 | arguments
 * header    2      class u16 | weight u16 = 0 | body size u64 | property flags u16 | property list
 * body      3      bytes of the message
 * heartbeat 8      nothing, on channel 0
 * ```
 */
export const FRAME_METHOD = 1
export const FRAME_HEADER = 2
export const FRAME_BODY = 3
export const FRAME_HEARTBEAT = 8
/** No peer may ask for a frame-max below this. */
export const FRAME_MIN_SIZE = 8192
export const FRAME_END = 0xce

/** Bytes before a frame's payload. */
export const FRAME_PREFIX = 7
/** Bytes of a frame besides its payload. */
export const FRAME_OVERHEAD = 8
/** Bytes of a header frame's payload before the property flags. */
export const HEADER_FIXED = 12

/** The class of every content there is: basic. */
export const CLASS_BASIC = 60
