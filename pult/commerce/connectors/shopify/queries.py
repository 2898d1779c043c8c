"""What is asked of Shopify's GraphQL Admin API. https://shopify.dev/docs/api/admin-graphql/2026-07

Amounts are those that the buyer sees (presentmentMoney). Things are read in the order of their ids, which never change.
"""

from __future__ import annotations

VERSION = "2026-07"
_MONEY = "{ presentmentMoney { amount currencyCode } }"
_PLACE = """{
  name company address1 address2 city zip province provinceCode countryCodeV2 phone
}"""
_LINE = """fragment line on LineItem {
  id title variantTitle quantity sku
  product { id } variant { id }
  customAttributes { key value }
  originalUnitPriceSet MONEY
  discountAllocations { allocatedAmountSet MONEY }
}""".replace("MONEY", _MONEY)
_WHOLE = (
    """fragment order on Order {
  id name createdAt processedAt updatedAt cancelledAt closedAt presentmentCurrencyCode
  displayFinancialStatus displayFulfillmentStatus email phone customerLocale note tags
  totalPriceSet MONEY totalShippingPriceSet MONEY totalTaxSet MONEY totalDiscountsSet MONEY
  customer {
    id displayName locale createdAt
    defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber }
  }
  shippingAddress PLACE billingAddress PLACE
  lineItems(first: 5) { nodes { ...line } pageInfo { hasNextPage endCursor } }
  transactions(first: TRANSACTIONS) {
    id kind status gateway formattedGateway processedAt manualPaymentGateway amountSet MONEY parentTransaction { id }
  }
  refunds(first: REFUNDS) { id createdAt note totalRefundedSet MONEY }
  fulfillments(first: PARCELS) {
    id createdAt status displayStatus estimatedDeliveryAt deliveredAt
    trackingInfo(first: 1) { company number url }
  }
}
""".replace("MONEY", _MONEY).replace("PLACE", _PLACE)
    + _LINE
)
NARROW = {"transactions": 5, "refunds": 5, "fulfillments": 3}
"""What of each an order on a page has at most: the smaller, the more orders fit on it. Of more the whole is asked."""
_WIDE = {"transactions": 50, "refunds": 50, "fulfillments": 30}


def _sized(sizes: dict[str, int]) -> str:
    text = _WHOLE
    for name, word in (("transactions", "TRANSACTIONS"), ("refunds", "REFUNDS"), ("fulfillments", "PARCELS")):
        text = text.replace(word, str(sizes[name]))
    return text


_ORDER = _sized(NARROW)
_PRODUCT = """fragment product on Product {
  id title vendor productType status updatedAt onlineStoreUrl
  featuredMedia { preview { image { url } } }
  variants(first: 10) { nodes { ...variant } pageInfo { hasNextPage endCursor } }
}
fragment variant on ProductVariant {
  id title price compareAtPrice sku barcode
  selectedOptions { name value }
  inventoryItem {
    tracked
    inventoryLevels(first: 5) { nodes { location { name } quantities(names: ["available"]) { name quantity } } }
  }
}"""
_ITEMS = """items {
      __typename
      ... on DiscountProducts { products(first: 10) { nodes { id } } }
      ... on DiscountCollections { collections(first: 10) { nodes { title } } }
    }"""
_GETS = """customerGets {
    value {
      __typename
      ... on DiscountPercentage { percentage }
      ... on DiscountAmount { amount { amount currencyCode } }
    }
    ITEMS
  }
  minimumRequirement {
    __typename
    ... on DiscountMinimumSubtotal { greaterThanOrEqualToSubtotal { amount currencyCode } }
  }""".replace("ITEMS", _ITEMS)
_DATED = "title status startsAt endsAt updatedAt"
_CODES = "codes(first: 1) { nodes { code } }"
_DISCOUNT = f"""fragment discount on DiscountNode {{
  id
  discount {{
    __typename
    ... on DiscountCodeBasic {{ {_DATED} {_CODES} {_GETS} }}
    ... on DiscountAutomaticBasic {{ {_DATED} {_GETS} }}
    ... on DiscountCodeFreeShipping {{ {_DATED} {_CODES} }}
    ... on DiscountAutomaticFreeShipping {{ {_DATED} }}
    ... on DiscountCodeBxgy {{ {_DATED} {_CODES} }}
    ... on DiscountAutomaticBxgy {{ {_DATED} }}
    ... on DiscountCodeApp {{ {_DATED} {_CODES} }}
    ... on DiscountAutomaticApp {{ {_DATED} }}
  }}
}}"""
_PAGE = """query Read($first: Int!, $after: String, $query: String) {
  FIELD(first: $first, after: $after, query: $query, sortKey: ID) {
    nodes { ...NAME }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def _page(field: str, name: str, fragment: str) -> str:
    return _PAGE.replace("FIELD", field).replace("NAME", name) + fragment


ORDERS = _page("orders", "order", _ORDER)
PRODUCTS = _page("products", "product", _PRODUCT)
DISCOUNTS = _page("discountNodes", "discount", _DISCOUNT)
NODES = """query Look($ids: [ID!]!) { nodes(ids: $ids) { __typename ...NAME } }
"""
LOOK_ORDERS = NODES.replace("NAME", "order") + _ORDER
LOOK_PRODUCTS = NODES.replace("NAME", "product") + _PRODUCT
LOOK_DISCOUNTS = NODES.replace("NAME", "discount") + _DISCOUNT
MORE_LINES = (
    """query Lines($id: ID!, $after: String) {
  order(id: $id) { lineItems(first: 100, after: $after) { nodes { ...line } pageInfo { hasNextPage endCursor } } }
}
"""
    + _LINE
)
MORE_VARIANTS = """query Variants($id: ID!, $after: String) {
  product(id: $id) { variants(first: 40, after: $after) { nodes { ...variant } pageInfo { hasNextPage endCursor } } }
}
""" + _PRODUCT[_PRODUCT.index("fragment variant") :]
ORDER = """query ActOn($id: ID!) {
  order(id: $id) {
    ...order
    cancellation { staffNote }
    metafield(namespace: "pult", key: "acts") { value }
  }
}
""" + _sized(_WIDE)
_ERRORS = "userErrors { field message }"
CANCEL = """mutation Cancel(
  $orderId: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $refundMethod: OrderCancelRefundMethodInput,
  $staffNote: String
) {
  orderCancel(
    orderId: $orderId, reason: $reason, restock: $restock, refundMethod: $refundMethod, notifyCustomer: true,
    staffNote: $staffNote
  ) { job { id done } orderCancelUserErrors { field message code } }
}"""
JOB = "query Job($id: ID!) { job(id: $id) { id done } }"
UPDATE = f"""mutation Change($input: OrderInput!) {{
  orderUpdate(input: $input) {{ order {{ id }} {_ERRORS} }}
}}"""
REFUND = f"""mutation GiveBack($input: RefundInput!, $key: String!) {{
  refundCreate(input: $input) @idempotent(key: $key) {{ refund {{ id }} {_ERRORS} }}
}}"""
LOCATION = "query Location { location { id } }"
CODE = """query Code($code: String!) {
  codeDiscountNodeByCode(code: $code) { id codeDiscount { __typename ... on DiscountCodeBasic { title } } }
}"""
DISCOUNT = """mutation Discount($input: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $input) {
    codeDiscountNode { id }
    userErrors { field message code }
  }
}"""
FORGET_DISCOUNT = """mutation ForgetDiscount($id: ID!) {
  discountCodeDelete(id: $id) { deletedCodeDiscountId userErrors { field message code } }
}"""
CALCULATE = f"""mutation Reckon($input: DraftOrderInput!) {{
  draftOrderCalculate(input: $input) {{
    calculatedDraftOrder {{
      totalPriceSet {_MONEY} totalShippingPriceSet {_MONEY} totalTaxSet {_MONEY} totalDiscountsSet {_MONEY}
      availableShippingRates {{ handle title price {{ amount currencyCode }} }}
    }}
    {_ERRORS}
  }}
}}"""
DRAFT = f"""mutation Draft($input: DraftOrderInput!) {{
  draftOrderCreate(input: $input) {{ draftOrder {{ id invoiceUrl status order {{ id }} }} {_ERRORS} }}
}}"""
DRAFTS = """query Drafts($after: String) {
  draftOrders(first: 50, after: $after, sortKey: ID, reverse: true) {
    nodes { id createdAt tags invoiceUrl status order { id } }
    pageInfo { hasNextPage endCursor }
  }
}"""
COMPLETE = f"""mutation Complete($id: ID!) {{
  draftOrderComplete(id: $id) {{ draftOrder {{ id order {{ id }} }} {_ERRORS} }}
}}"""
ONE_DRAFT = "query OneDraft($id: ID!) { draftOrder(id: $id) { id status } }"
FORGET_DRAFT = f"""mutation ForgetDraft($input: DraftOrderDeleteInput!) {{
  draftOrderDelete(input: $input) {{ deletedId {_ERRORS} }}
}}"""
CUSTOMER = """query Who($identifier: CustomerIdentifierInput!) {
  customerByIdentifier(identifier: $identifier) { id tags state defaultAddress { id } }
}"""
REGISTER = f"""mutation Register($input: CustomerInput!) {{
  customerCreate(input: $input) {{ customer {{ id tags state defaultAddress {{ id }} }} {_ERRORS} }}
}}"""
ADDRESS = f"""mutation Address($customerId: ID!, $address: MailingAddressInput!) {{
  customerAddressCreate(customerId: $customerId, address: $address, setAsDefault: true) {{ address {{ id }} {_ERRORS} }}
}}"""
INVITE = """mutation Invite($customerId: ID!) {
  customerSendAccountInviteEmail(customerId: $customerId) { customer { id } userErrors { field message } }
}"""
EVERY = {
    name: text
    for name, text in globals().items()
    if isinstance(text, str) and name.isupper() and not name.startswith("_") and name not in ("VERSION", "NODES")
}
"""All of them by name, so that a test can hold each against the schema."""
