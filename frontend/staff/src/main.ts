import './app/app.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './app/App.vue'
import { applyPreferences } from './app/preferences'
import { router } from './app/router'
import { recoverFromOldParts } from './app/version'
import { firstLanguage, setLanguage } from './i18n'
import { listen } from './keys/keys'

applyPreferences()
listen()
recoverFromOldParts(router)
setLanguage(firstLanguage())
  .catch(() => setLanguage('en'))
  .finally(() => createApp(App).use(createPinia()).use(router).mount('#app'))
