"""What Saleor is asked, in GraphQL. docs.saleor.io/api-reference"""

from __future__ import annotations

MONEY = "fragment Money on Money { amount currency }"
PLACE = """
fragment Place on Address {
  firstName lastName companyName streetAddress1 streetAddress2 postalCode city cityArea countryArea
  country { code }
  phone
}
"""
ORDER_FIELDS = """
fragment OrderFields on Order {
  id number created updatedAt status chargeStatus authorizeStatus customerNote userEmail languageCodeEnum
  shippingMethodName voucherCode
  total { gross { ...Money } tax { amount } }
  undiscountedTotal { gross { amount } }
  shippingPrice { gross { amount } }
  totalCharged { amount }
  totalRefunded { amount }
  user { id email firstName lastName languageCode dateJoined }
  billingAddress { ...Place }
  shippingAddress { ...Place }
  lines {
    id productName variantName productSku productVariantId quantity
    unitPrice { gross { amount } }
    totalPrice { gross { amount } }
    variant { id product { id } }
  }
  fulfillments { id status trackingNumber created }
  transactions {
    id name createdAt pspReference actions
    chargedAmount { amount } authorizedAmount { amount } refundedAmount { amount } canceledAmount { amount }
    events { id createdAt type message amount { amount } }
  }
  payments {
    id gateway created chargeStatus
    total { amount }
    transactions { id created kind isSuccess amount { amount } }
  }
  grantedRefunds { id createdAt reason status amount { amount } transaction { id } }
}
"""
PRODUCT_FIELDS = """
fragment Attributes on SelectedAttribute { attribute { name } values { name plainText boolean } }
fragment ProductFields on Product {
  id name slug updatedAt
  category { name }
  thumbnail(size: 512) { url }
  attributes { ...Attributes }
  channelListings { channel { slug } isPublished }
  variants {
    id name sku updatedAt trackInventory
    attributes { ...Attributes }
    pricing { price { gross { ...Money } } priceUndiscounted { gross { ...Money } } }
    stocks { quantity quantityAllocated warehouse { name } }
  }
}
"""
ORDER = ORDER_FIELDS + PLACE + MONEY
PRODUCT = PRODUCT_FIELDS + MONEY

ORDERS = (
    """
query Orders($first: Int!, $after: String, $filter: OrderFilterInput, $count: Boolean!) {
  page: orders(first: $first, after: $after, filter: $filter, sortBy: {field: LAST_MODIFIED_AT, direction: ASC}) {
    totalCount @include(if: $count)
    pageInfo { hasNextPage endCursor }
    edges { node { ...OrderFields } }
  }
}
"""
    + ORDER
)
PRODUCTS = (
    """
query Products($first: Int!, $after: String, $filter: ProductFilterInput, $channel: String!, $count: Boolean!) {
  page: products(
    first: $first, after: $after, filter: $filter, channel: $channel
    sortBy: {field: LAST_MODIFIED_AT, direction: ASC}
  ) {
    totalCount @include(if: $count)
    pageInfo { hasNextPage endCursor }
    edges { node { ...ProductFields } }
  }
}
"""
    + PRODUCT
)
SUBSCRIPTION = (
    """
subscription Pult {
  event {
    issuedAt
    ... on OrderCreated { order { ...OrderFields } }
    ... on OrderUpdated { order { ...OrderFields } }
    ... on OrderCancelled { order { ...OrderFields } }
    ... on OrderFulfilled { order { ...OrderFields } }
    ... on OrderFullyPaid { order { ...OrderFields } }
    ... on OrderRefunded { order { ...OrderFields } }
    ... on ProductCreated { product { id } }
    ... on ProductUpdated { product { id } }
    ... on ProductDeleted { product { id } }
    ... on ProductVariantStockUpdated { productVariant { product { id } } }
  }
}
"""
    + ORDER
)
"""What Saleor is to send by webhook; payloads/subscription.graphql is made of it. An order comes whole, of a product
the id: its prices are those of a channel, and are asked for."""

ONE_ORDER = "query Order($id: ID!) { order(id: $id) { ...OrderFields privateMetadata { key value } } }" + ORDER
EVENTS = "query Events($id: ID!) { order(id: $id) { events { id type message } } }"
MARK = """
mutation Mark($id: ID!, $input: [MetadataInput!]!) {
  updatePrivateMetadata(id: $id, input: $input) { errors { field message code } }
}
"""
CANCEL = "mutation Cancel($id: ID!) { orderCancel(id: $id) { errors { field message code } } }"
VOID = """
mutation Void($id: ID!) { transactionRequestAction(id: $id, actionType: CANCEL) { errors { field message code } } }
"""
READDRESS = """
mutation Readdress($id: ID!, $input: OrderUpdateInput!) {
  orderUpdate(id: $id, input: $input) { errors { field message code } }
}
"""
NOTE = """
mutation Note($id: ID!, $input: OrderNoteInput!) {
  orderNoteAdd(order: $id, input: $input) { event { id } errors { field message code } }
}
"""
GRANT = """
mutation Grant($id: ID!, $input: OrderGrantRefundCreateInput!) {
  orderGrantRefundCreate(id: $id, input: $input) { grantedRefund { id } errors { field message code } }
}
"""
PAY_BACK = """
mutation PayBack($id: ID!) {
  transactionRequestRefundForGrantedRefund(grantedRefundId: $id) { errors { field message code } }
}
"""
CHANNEL = "query Channel($slug: String!) { channel(slug: $slug) { id currencyCode } }"
VOUCHERS = """
query Vouchers($code: String!) {
  vouchers(first: 20, filter: {search: $code}) {
    edges { node { id name code used channelListings { id } } }
  }
}
"""
MAKE_VOUCHER = """
mutation MakeVoucher($input: VoucherInput!) {
  voucherCreate(input: $input) { voucher { id } errors { field message code } }
}
"""
LIST_VOUCHER = """
mutation ListVoucher($id: ID!, $input: VoucherChannelListingInput!) {
  voucherChannelListingUpdate(id: $id, input: $input) { errors { field message code } }
}
"""
DROP_VOUCHER = "mutation DropVoucher($id: ID!) { voucherDelete(id: $id) { errors { field message code } } }"
BUYER = "query Buyer($email: String!) { user(email: $email) { id privateMetadata { key value } } }"
REGISTER = """
mutation Register($input: UserCreateInput!) {
  customerCreate(input: $input) { user { id } errors { field message code } }
}
"""
VARIANTS = """
query Variants($ids: [ID!]!, $channel: String!) {
  productVariants(ids: $ids, channel: $channel, first: 100) {
    edges {
      node { id trackInventory quantityAvailable pricing { price { gross { amount currency } tax { amount } } } }
    }
  }
}
"""
DELIVERIES = """
query Deliveries($channel: String!, $address: AddressInput) {
  shop { availableShippingMethods(channel: $channel, address: $address) { id name active price { amount currency } } }
}
"""
BY_REFERENCE = "query ByReference($key: String!) { order(externalReference: $key) { id number } }"
DRAFT = """
mutation Draft($input: DraftOrderCreateInput!) {
  draftOrderCreate(input: $input) { order { id number } errors { field message code } }
}
"""
