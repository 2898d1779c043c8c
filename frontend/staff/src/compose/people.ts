import { get } from '../api/http'
import type { Mailbox } from '../api/types'

/** Customers with an e-mail address whose name or address contains the text. */
export async function findPeople(text: string): Promise<Mailbox[]> {
  const page = await get<{ items: { name: string; identities: { kind: string; value: string }[] }[] }>(
    `/customers?q=${encodeURIComponent(text)}`,
  )
  return page.items.flatMap((person) =>
    person.identities.filter((one) => one.kind === 'email').map((one) => ({ name: person.name, address: one.value })),
  )
}
