// What a new shop has: countries, taxes, postage, a card, a store room, an administrator with a key for Pult.
'use strict';

const core = require('@vendure/core');
const { Populator } = require('@vendure/core/dist/data-import');

const FACTS = {
    defaultLanguage: core.LanguageCode.en,
    defaultZone: 'Europe',
    countries: [
        { code: 'SI', name: 'Slovenia', zone: 'Europe' },
        { code: 'HR', name: 'Croatia', zone: 'Europe' },
        { code: 'PL', name: 'Poland', zone: 'Europe' },
        { code: 'GR', name: 'Greece', zone: 'Europe' },
    ],
    taxRates: [{ name: 'Standard', percentage: 22 }],
    shippingMethods: [
        { name: 'Parcel', price: 400, taxRate: 0 },
        { name: 'Express', price: 990, taxRate: 0 },
    ],
    paymentMethods: [{ name: 'Card', handler: { code: 'card', arguments: [] } }],
    collections: [],
};

/** Fills an empty shop and returns an API key with all rights. */
async function fill(app, port) {
    await app.get(Populator).populateInitialData(FACTS);
    const ctx = await app.get(core.RequestContextService).create({ apiType: 'admin' });
    const channels = app.get(core.ChannelService);
    const channel = await channels.getDefaultChannel(ctx);
    await channels.update(ctx, {
        id: channel.id,
        pricesIncludeTax: true,
        defaultCurrencyCode: 'EUR',
        availableCurrencyCodes: ['EUR'],
    });
    const places = app.get(core.StockLocationService);
    const [first] = (await places.findAll(ctx)).items;
    await places.update(ctx, { id: first.id, name: 'Ljubljana' });
    await places.create(ctx, { name: 'Zagreb' });
    return keyOf(`http://127.0.0.1:${port}/admin-api`);
}

async function keyOf(url) {
    let token = '';
    const ask = async (query, variables) => {
        const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
        const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
        token = answer.headers.get('vendure-auth-token') ?? token;
        const { data, errors } = await answer.json();
        if (errors) {
            throw new Error(JSON.stringify(errors));
        }
        return data;
    };
    await ask('mutation { login(username: "keeper", password: "only-for-tests") { __typename } }');
    const { roles } = await ask('{ roles { items { id code } } }');
    const roleIds = roles.items.filter(role => role.code === '__super_admin_role__').map(role => role.id);
    const translations = [{ languageCode: 'en', name: 'Pult' }];
    const made = await ask('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey } }', {
        input: { roleIds, translations },
    });
    return made.createApiKey.apiKey;
}

module.exports = { fill };
