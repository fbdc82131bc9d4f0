/** The page of Baiyuan: mounts the application. */
import { createApp } from 'vue'
import App from './app.vue'
import { router } from './router.ts'
import { i18n } from './words/words.ts'

createApp(App).use(i18n).use(router).mount('#app')
