// Tells Pult which order, product or promotion is new, has changed or was deleted. A notice holds its kind and id only:
// Pult asks the Admin API for the rest. Signed as https://www.standardwebhooks.com/ has it.
'use strict';

const { createHmac, randomUUID } = require('node:crypto');
const core = require('@vendure/core');

const TIMEOUT = 15_000;

/** Which events say that something has changed: their class, the kind of thing, and how to find the ids in them. */
const TOLD = [
    ['OrderPlacedEvent', 'order', event => [event.order]],
    ['OrderStateTransitionEvent', 'order', event => [event.order]],
    ['OrderEvent', 'order', event => [event.order]],
    ['PaymentStateTransitionEvent', 'order', event => [event.order]],
    ['RefundEvent', 'order', event => [event.order]],
    ['RefundStateTransitionEvent', 'order', event => [event.order]],
    ['FulfillmentStateTransitionEvent', 'order', event => event.fulfillment.orders ?? []],
    ['ProductEvent', 'product', event => [event.entity]],
    ['ProductVariantEvent', 'product', event => event.entity.map(variant => ({ id: variant.productId }))],
    ['ProductVariantPriceEvent', 'product', event => event.entity.map(price => price.variant).map(ofVariant)],
    ['StockMovementEvent', 'product', event => event.stockMovements.map(move => move.productVariant).map(ofVariant)],
    ['PromotionEvent', 'promotion', event => [event.entity]],
];

function ofVariant(variant) {
    return variant && { id: variant.productId, variant: variant.id };
}

/** Returns the headers of a notice that is sent now. The key is the base64 after `whsec_`. */
function signed(secret, name, body, now = Date.now()) {
    const stamp = Math.floor(now / 1000);
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const signature = createHmac('sha256', key).update(`${name}.${stamp}.${body}`).digest('base64');
    return {
        'content-type': 'application/json',
        'webhook-id': name,
        'webhook-timestamp': String(stamp),
        'webhook-signature': `v1,${signature}`,
    };
}

class PultPlugin {
    static options;

    static init(options) {
        for (const name of ['url', 'secret']) {
            if (!options?.[name]) {
                throw new Error(`PultPlugin.init needs ${name}`);
            }
        }
        PultPlugin.options = { retries: 8, ...options };
        return PultPlugin;
    }

    constructor(eventBus, jobQueueService, connection, configService) {
        this.eventBus = eventBus;
        this.jobQueueService = jobQueueService;
        this.connection = connection;
        this.configService = configService;
    }

    async onApplicationBootstrap() {
        // A queue of Vendure's keeps notices until they are delivered, also over a restart where it lies in the database.
        this.queue = await this.jobQueueService.createQueue({
            name: 'pult-notices',
            process: async job => {
                await this.send(job.data);
                return 'delivered';
            },
        });
        for (const [event, kind, found] of TOLD) {
            if (core[event]) {
                this.eventBus.ofType(core[event]).subscribe(happened => {
                    this.tell(kind, happened, found).catch(error => {
                        core.Logger.error(`a notice was not kept: ${error.message}`, 'PultPlugin');
                    });
                });
            }
        }
    }

    /** Keeps a notice for each thing; baskets are nobody's business until they are placed. */
    async tell(kind, happened, found) {
        const gone = happened.type === 'deleted' && (kind !== 'product' || happened instanceof core.ProductEvent);
        const things = found(happened).filter(thing => thing && !(kind === 'order' && thing.active));
        for (const thing of things) {
            const id = thing.id ?? (await this.productOf(happened.ctx, thing.variant));
            if (id !== undefined && id !== null) {
                const data = { name: randomUUID(), kind, id: this.encoded(id), gone, at: new Date().toISOString() };
                await this.queue.add(data, { retries: PultPlugin.options.retries });
            }
        }
    }

    async productOf(ctx, variant) {
        if (!variant) {
            return undefined;
        }
        const row = await this.connection.getRepository(ctx, core.ProductVariant).findOne({ where: { id: variant } });
        return row?.productId;
    }

    /** Ids leave the shop as its API writes them. */
    encoded(id) {
        const { entityOptions, entityIdStrategy } = this.configService;
        return String((entityOptions?.entityIdStrategy ?? entityIdStrategy)?.encodeId(id) ?? id);
    }

    /** Delivers a notice. Raises where Pult did not keep it: then the queue tries again. */
    async send({ name, kind, id, gone, at }) {
        const { url, secret } = PultPlugin.options;
        const body = JSON.stringify(gone ? { kind, id, gone: at } : { kind, id });
        const answer = await fetch(url, {
            method: 'POST',
            body,
            headers: signed(secret, name, body),
            redirect: 'error',
            signal: AbortSignal.timeout(TIMEOUT),
        });
        if (!answer.ok) {
            throw new Error(`Pult answered ${answer.status}`);
        }
    }
}

// What decorators would say: this file needs no compiler.
Reflect.defineMetadata(
    'design:paramtypes',
    [core.EventBus, core.JobQueueService, core.TransactionalConnection, core.ConfigService],
    PultPlugin,
);
core.VendurePlugin({ imports: [core.PluginCommonModule], compatibility: '>=3.1.0 <4.0.0' })(PultPlugin);

module.exports = { PultPlugin, signed };
