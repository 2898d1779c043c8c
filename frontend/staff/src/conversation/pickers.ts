import { ref } from 'vue'

export type PickerName = 'assign' | 'tags' | 'snooze'

/** Which of the header's pickers is open: buttons, keys and the command bar open the same one. */
export const picker = ref<PickerName | null>(null)

export function openPicker(name: PickerName): void {
  picker.value = name
}
