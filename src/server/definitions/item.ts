import type { Json } from '../../core/policy/parameters.ts'

/** One thing of a definitions file. */
export type Item = { readonly [key: string]: Json | undefined }

export function text(item: Item, key: string): string {
  const value = item[key]
  return typeof value === 'string' ? value : ''
}

/** A list, or as RabbitMQ wrote them once: with commas. */
export function tagsOf(given: Json | undefined): string[] {
  if (Array.isArray(given)) return given.map((tag) => String(tag).trim())
  return typeof given === 'string' && given !== '' ? given.split(',').map((tag) => tag.trim()) : []
}
