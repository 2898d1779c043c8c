export function serialise(messages: Record<string, unknown>): string
export function faults(language: string, messages: Record<string, unknown>, english: Record<string, unknown>): string[]
