// Puts orders and products into the shop's own tables as Pult's tests describe them (pult/commerce/base/things.py):
// a checkout takes a second and chooses numbers and times by itself.
'use strict';

const TAX = [{ description: 'Standard', taxRate: 22 }];
const number = id => 1000 + Number(String(id).replace(/^\D+/, ''));
const language = 'en';
const SHIPPED = { sent: 'Shipped', part: 'PartiallyShipped', delivered: 'Delivered' };

class Rows {
    constructor(connection) {
        this.connection = connection;
    }

    /** Inserts rows of an entity; those with an id that is there are replaced. */
    async put(entity, found) {
        for (let at = 0; at < found.length; at += 20) {
            const some = found.slice(at, at + 20);
            const ids = some.map(row => row.id).filter(id => id !== undefined);
            if (ids.length) {
                await this.query(`DELETE FROM "${this.table(entity)}" WHERE id IN (${ids.join()})`);
            }
            await this.connection.createQueryBuilder().insert().into(entity).values(some).updateEntity(false).execute();
        }
    }

    table(entity) {
        return this.connection.getMetadata(entity).tablePath;
    }

    query(sql, parameters) {
        return this.connection.query(sql, parameters);
    }

    /** Joins two things in a table that has no entity of its own. */
    async join(table, columns, pairs) {
        for (const pair of pairs) {
            await this.query(`INSERT OR IGNORE INTO "${table}" (${columns}) VALUES (?, ?)`, pair);
        }
    }
}

async function keep(connection, { orders = [], products = [] }) {
    const rows = new Rows(connection);
    await rows.query('PRAGMA foreign_keys = OFF');
    for (const product of products) {
        await keepProduct(rows, product);
    }
    await keepBought(rows, orders);
    await keepOrders(rows, orders);
    await rows.query('PRAGMA foreign_keys = ON');
}

async function keepProduct(rows, product) {
    const id = number(product.id);
    const times = { createdAt: new Date(product.changed_at), updatedAt: new Date(product.changed_at) };
    await rows.put('Product', [{ id, enabled: product.active ?? true, ...times, customFields: { warranty: product.attributes?.Warranty } }]);
    await rows.query('DELETE FROM product_translation WHERE baseId = ?', [id]);
    const words = { languageCode: language, name: product.title, slug: `p-${id}`, description: '' };
    await rows.put('ProductTranslation', [{ ...words, base: { id }, ...times }]);
    await rows.join('product_channels_channel', 'productId, channelId', [[id, 1]]);
    for (const variant of product.variants ?? []) {
        await keepVariant(rows, id, { ...variant, id: number(variant.id), times });
    }
}

async function keepVariant(rows, productId, { id, title, price, sku, stock, attributes, times }) {
    const custom = { dot: attributes?.['DOT code'] };
    await rows.put('ProductVariant', [
        { id, sku, enabled: true, product: { id: productId }, taxCategory: { id: 1 }, customFields: custom, ...times },
    ]);
    await rows.query('DELETE FROM product_variant_translation WHERE baseId = ?', [id]);
    await rows.query('DELETE FROM product_variant_price WHERE variantId = ?', [id]);
    await rows.put('ProductVariantTranslation', [{ languageCode: language, name: title, base: { id }, ...times }]);
    await rows.put('ProductVariantPrice', [{ price, channelId: 1, currencyCode: 'EUR', variant: { id }, ...times }]);
    await rows.join('product_variant_channels_channel', 'productVariantId, channelId', [[id, 1]]);
    const levels = stock ?? [{ place: 'Ljubljana', quantity: 100 }];
    await rows.query('DELETE FROM stock_level WHERE productVariantId = ?', [id]);
    for (const { place, quantity } of levels) {
        const [{ id: stockLocationId }] = await rows.query('SELECT id FROM stock_location WHERE name = ?', [place]);
        const level = { productVariantId: id, stockLocationId, stockOnHand: quantity, stockAllocated: 0, ...times };
        await rows.put('StockLevel', [level]);
    }
}

/** Sees to it that what orders name can be bought. */
async function keepBought(rows, orders) {
    const known = new Set((await rows.query('SELECT sku FROM product_variant')).map(row => row.sku));
    for (const line of orders.flatMap(order => order.lines ?? [])) {
        if (!known.has(line.sku)) {
            known.add(line.sku);
            const id = line.product_id || `p${9000 + known.size}`;
            const [there] = await rows.query('SELECT id FROM product WHERE id = ?', [number(id)]);
            const variant = { id, title: line.title, price: line.price, sku: line.sku };
            const product = { id, title: line.title, changed_at: '2026-11-01T00:00:00Z', variants: [variant] };
            await (there ? keepVariant(rows, number(id), { ...variant, id: number(id), times: {} }) : keepProduct(rows, product));
        }
    }
}

async function keepOrders(rows, orders) {
    if (!orders.length) {
        return;
    }
    const found = await rows.query('SELECT id, sku FROM product_variant');
    const variants = new Map(found.map(row => [row.sku, row.id]));
    const parts = orders.map(order => partsOf(order, variants));
    const ids = orders.map(order => number(order.id)).join();
    for (const entity of ['OrderLine', 'ShippingLine', 'Surcharge', 'Payment']) {
        await rows.query(`DELETE FROM "${rows.table(entity)}" WHERE orderId IN (${ids})`);
    }
    const all = name => parts.flatMap(part => part[name]);
    await rows.put('Customer', all('customer'));
    await rows.put('Order', all('order'));
    await rows.put('OrderLine', all('lines'));
    await rows.put('ShippingLine', all('shipping'));
    await rows.put('Surcharge', all('surcharges'));
    await rows.put('Payment', all('payments'));
    await rows.put('Fulfillment', all('parcels'));
    await rows.put('FulfillmentLine', all('parcelLines'));
    await rows.put('OrderHistoryEntry', all('history'));
    await rows.query(`INSERT OR IGNORE INTO order_channels_channel (orderId, channelId) SELECT id, 1 FROM "order" WHERE id IN (${ids})`);
    await rows.query('INSERT OR IGNORE INTO customer_channels_channel (customerId, channelId) SELECT id, 1 FROM customer');
    await rows.join('order_fulfillments_fulfillment', 'orderId, fulfillmentId', all('parcels').map(one => [one.orderId, one.id]));
}

function partsOf(order, variants) {
    const id = number(order.id);
    const times = { createdAt: new Date(order.placed_at), updatedAt: new Date(order.placed_at) };
    const lines = (order.lines ?? []).map((line, at) => ({
        id: id * 10 + at,
        quantity: line.quantity,
        orderPlacedQuantity: line.quantity,
        listPrice: line.price,
        listPriceIncludesTax: true,
        adjustments: [],
        taxLines: TAX,
        productVariant: { id: variants.get(line.sku) },
        taxCategory: { id: 1 },
        order: { id },
        ...times,
    }));
    const goods = (order.lines ?? []).reduce((sum, line) => sum + line.price * line.quantity, 0);
    const shipping = order.shipping ?? 0;
    const rest = order.total - goods - shipping;
    const extra = { description: 'Other', sku: '', listPrice: rest, listPriceIncludesTax: true, taxLines: [], order: { id } };
    const parcels = (order.shipments ?? []).map(one => ({
        id: id * 10 + Number(one.id),
        state: 'Shipped',
        trackingCode: one.number,
        method: one.carrier,
        handlerCode: 'manual-fulfillment',
        orderId: id,
        createdAt: new Date(one.sent_at),
        updatedAt: new Date(one.sent_at),
    }));
    const sent = parcels.map(parcel => ({
        id: parcel.id,
        type: 'ORDER_FULFILLMENT_TRANSITION',
        isPublic: true,
        data: { fulfillmentId: parcel.id, from: 'Pending', to: 'Shipped' },
        order: { id },
        createdAt: parcel.createdAt,
        updatedAt: parcel.createdAt,
    }));
    const [firstName, ...lastName] = (order.buyer?.name ?? '').split(' ');
    const customer = { id, firstName, lastName: lastName.join(' '), emailAddress: order.buyer?.email, phoneNumber: order.buyer?.phone ?? '' };
    return {
        customer: order.buyer?.email ? [{ ...customer, ...times }] : [],
        order: [
            {
                id,
                code: order.number,
                state: parcels.length ? SHIPPED.sent : SHIPPED[order.fulfilment] ?? (order.payment === 'paid' ? 'PaymentSettled' : 'PaymentAuthorized'),
                active: false,
                orderPlacedAt: new Date(order.placed_at),
                createdAt: new Date(order.placed_at),
                updatedAt: new Date(order.changed_at),
                ...(order.buyer?.email ? { customer: { id } } : {}),
                shippingAddress: address(order.ship_to),
                billingAddress: address(order.bill_to),
                currencyCode: order.currency,
                couponCodes: [],
                subTotal: Math.round((order.total - shipping) / 1.22),
                subTotalWithTax: order.total - shipping,
                shipping,
                shippingWithTax: shipping,
            },
        ],
        lines,
        shipping: [{ id, shippingMethod: { id: 1 }, listPrice: shipping, listPriceIncludesTax: true, adjustments: [], taxLines: [], order: { id }, ...times }],
        surcharges: rest ? [{ ...extra, ...times }] : [],
        payments: (order.payments ?? []).map((one, at) => ({
            id: id * 10 + at,
            method: one.method,
            amount: one.amount,
            state: 'Settled',
            transactionId: one.id,
            metadata: {},
            order: { id },
            createdAt: new Date(one.at),
            updatedAt: new Date(one.at),
        })),
        parcels,
        parcelLines: parcels.flatMap(parcel => lines.map(line => ({ fulfillment: { id: parcel.id }, orderLine: { id: line.id }, quantity: line.quantity }))),
        history: sent,
    };
}

function address(place = {}) {
    const [streetLine1, streetLine2] = place.lines ?? [];
    return {
        fullName: place.name,
        company: place.company,
        streetLine1,
        streetLine2,
        city: place.city,
        province: place.region,
        postalCode: place.postcode,
        countryCode: place.country,
        phoneNumber: place.phone,
    };
}

const EMPTIED = [
    'order', 'order_line', 'order_line_reference', 'order_channels_channel', 'order_fulfillments_fulfillment', 'order_modification',
    'order_promotions_promotion', 'shipping_line', 'surcharge', 'payment', 'refund', 'fulfillment', 'history_entry', 'stock_movement',
    'customer', 'customer_channels_channel', 'customer_groups_customer_group', 'customer_group', 'address', 'promotion',
    'promotion_translation', 'promotion_channels_channel', 'product', 'product_translation', 'product_channels_channel',
    'product_variant', 'product_variant_translation', 'product_variant_price', 'product_variant_channels_channel', 'stock_level',
];

async function empty(connection) {
    await connection.query('PRAGMA foreign_keys = OFF');
    const there = new Set((await connection.query("SELECT name FROM sqlite_master WHERE type = 'table'")).map(row => row.name));
    for (const table of EMPTIED.filter(name => there.has(name))) {
        await connection.query(`DELETE FROM "${table}"`);
    }
    await connection.query('PRAGMA foreign_keys = ON');
}

module.exports = { keep, empty };
