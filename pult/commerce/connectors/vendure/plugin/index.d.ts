import { Type } from '@vendure/core';

export interface PultOptions {
    /** The address that Pult shows under Settings, Connected shops: https://pult.example/hooks/shops/3/notices */
    url: string;
    /** The secret that Pult makes there: whsec_... */
    secret: string;
    /** How often a notice is sent before it is left to Pult's next reading; 8. */
    retries?: number;
}

export declare class PultPlugin {
    static init(options: PultOptions): Type<PultPlugin>;
}
