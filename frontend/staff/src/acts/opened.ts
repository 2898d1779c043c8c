import { ref } from 'vue'

/** Which dialog of the shop stands beside the open conversation. */
export const opened = ref<'goods' | 'basket'>()
