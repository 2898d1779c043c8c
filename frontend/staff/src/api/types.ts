/**
 * The shapes that the API gives, by the names the screens use. They are made from the server's own description:
 * `npm run api` writes schema.d.ts anew, and what no longer fits does not compile.
 */
import type { components } from './schema'

type Schemas = components['schemas']

export type ConversationItem = Schemas['ItemOut']
export type Status = ConversationItem['status']
/** What somebody can set it to; spam is said, not set. */
export type SettableStatus = Exclude<Status, 'spam'>
export type Conversation = Schemas['DetailOut']
export type Message = Schemas['MessageOut']
export type Direction = Message['direction']
export type MessageState = Message['state']
export type Mailbox = Schemas['AddressOut']
export type Attachment = Schemas['AttachmentOut']
export type HistoryEntry = Schemas['ChangeOut']
export type Draft = Schemas['DraftOut']
export type Identity = Schemas['IdentityOut']
export type CustomerCard = Schemas['CardOut']
export type Card = Schemas['PersonCardOut']
export type Recognition = Schemas['RecognitionOut']
export type Remark = Schemas['RemarkOut']
export type Merge = Schemas['MergeOut']
export type OrderItem = Schemas['OrderItemOut']
export type Order = Schemas['OrderOut']
export type SeenOrder = Schemas['SeenOrderOut']
export type Act = Schemas['ActOut']
export type Able = Schemas['AbleOut']
export type Goods = Schemas['GoodsOut']
export type Limit = Schemas['LimitOut']
export type Ref = Schemas['RefOut']
export type Me = Schemas['MeOut']
export type Directory = Schemas['DirectoryOut']
export type Store = Schemas['StoreRef']
export type StaffEntry = Schemas['ColleagueOut']
export type Tag = Schemas['TagRef']
export type InboxEntry = Schemas['InboxRef']
export type SavedView = Schemas['ViewOut']

export interface ViewFilters {
  status?: string
  assignee?: string
  team?: string
  tag?: string
  store?: string
  channel?: string
  priority?: string
  unread?: string
}

export interface Page<T> {
  items: T[]
  next: string | null
}

/** application/problem+json */
export interface Problem {
  type: string
  title: string
  status: number
  detail?: string
  [key: string]: unknown
}
