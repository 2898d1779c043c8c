// A real Vendure in memory: `node shop.js '{"port": 3000, "control": 3001, "file": "/tmp/x.sqlite", "key": "..."}'`.
// Says `ready` on stdout once it answers. Over `control` the tests put things in, empty it and keep it in `file`.
// With `seed` it fills a new shop, writes it to `file` and a key for Pult to what `seed` names, and ends.
'use strict';

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');

process.env.VENDURE_DISABLE_TELEMETRY = 'true';
const core = require('@vendure/core');
const { PultPlugin } = require('../../../pult/commerce/connectors/vendure/plugin');
const rows = require('./rows');
const seed = require('./seed');

const options = JSON.parse(process.argv[2]);
const text = value => [{ languageCode: core.LanguageCode.en, value }];

/** Takes every card, and gives money back at once. */
const card = new core.PaymentMethodHandler({
    code: 'card',
    description: text('A card that always has money'),
    args: {},
    createPayment: (ctx, order, amount) => ({ amount, state: 'Settled', transactionId: `card-${order.code}`, metadata: {} }),
    settlePayment: () => ({ success: true }),
    createRefund: (ctx, input, amount, order) => ({ state: 'Settled', transactionId: `refund-${order.code}`, metadata: {} }),
});

/** Vendure's own takes half a second for each question that comes with a key, which is as it should be in a real shop. */
const quick = {
    hash: async plain => createHash('sha256').update(plain).digest('hex'),
    check: async (plain, hash) => createHash('sha256').update(plain).digest('hex') === hash,
};

const config = {
    apiOptions: { port: options.port, hostname: '127.0.0.1', adminListQueryLimit: 1000 },
    authOptions: {
        tokenMethod: ['bearer', 'cookie', 'api-key'],
        superadminCredentials: { identifier: 'keeper', password: 'only-for-tests' },
        cookieOptions: { secret: 'only for tests' },
        passwordHashingStrategy: quick,
        adminApiKeyStrategy: new core.RandomBytesApiKeyStrategy({ hashingStrategy: quick }),
    },
    dbConnectionOptions: {
        type: 'sqljs',
        synchronize: !fs.existsSync(options.file),
        autoSave: false,
        ...(fs.existsSync(options.file) ? { database: new Uint8Array(fs.readFileSync(options.file)) } : {}),
    },
    paymentOptions: { paymentMethodHandlers: [card] },
    customFields: {
        Product: [{ name: 'warranty', type: 'string', label: text('Warranty') }],
        ProductVariant: [{ name: 'dot', type: 'string', label: text('DOT code') }],
    },
    plugins: [
        core.DefaultJobQueuePlugin.init({ pollInterval: 50, backoffStrategy: () => 100 }),
        ...(options.notices ? [PultPlugin.init(options.notices)] : []),
    ],
    logger: { error: (...said) => console.error(...said), warn() {}, info() {}, verbose() {}, debug() {} },
};

async function main() {
    const app = await core.bootstrap(config);
    await app.get(core.JobQueueService).start();
    const connection = app.get(core.TransactionalConnection).rawConnection;
    const verbs = {
        keep: things => rows.keep(connection, things),
        empty: () => rows.empty(connection),
        save: () => fs.writeFileSync(options.file, connection.driver.export()),
        sql: ({ query, parameters }) => connection.query(query, parameters),
    };
    if (options.seed) {
        const key = await seed.fill(app, options.port);
        verbs.save();
        fs.writeFileSync(options.seed, key);
        process.exit(0);
    }
    http.createServer(async (request, response) => {
        const chunks = [];
        for await (const chunk of request) {
            chunks.push(chunk);
        }
        try {
            const said = await verbs[request.url.slice(1)](JSON.parse(Buffer.concat(chunks) || '{}'));
            response.end(JSON.stringify(said ?? {}));
        } catch (error) {
            response.writeHead(500).end(String(error.stack));
        }
    }).listen(options.control, '127.0.0.1', () => console.log(JSON.stringify({ ready: true })));
}

process.stdin.on('end', () => process.exit(0)).resume(); // nobody is left who wants a shop
main().catch(error => {
    console.error(error);
    process.exit(1);
});
