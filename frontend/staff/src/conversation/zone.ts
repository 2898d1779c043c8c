import { inject, provide, type InjectionKey, type Ref } from 'vue'

const ZONE: InjectionKey<Readonly<Ref<string | undefined>>> = Symbol('time zone')

/** What is shown below happened in this zone: that of the conversation's store, where its customers and deadlines are. */
export function provideZone(zone: Readonly<Ref<string | undefined>>): void {
  provide(ZONE, zone)
}

/** The zone that times are shown in here; nothing means the reader's own clock. */
export function useZone(): Readonly<Ref<string | undefined>> | undefined {
  return inject(ZONE, undefined)
}
