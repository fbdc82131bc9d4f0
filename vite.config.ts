/** How the page is built: dashboards/web -> dashboards/web/dist, static files that the api serves. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { version: string }
const service = 'http://127.0.0.1:18080'

/** Whoever builds (a test run has NODE_ENV `test`), the built page is the one for production; the process gets its own back. */
function forProduction(): Plugin {
  const before = process.env['NODE_ENV']
  return {
    name: 'for-production',
    apply: 'build',
    config() {
      process.env['NODE_ENV'] = 'production'
    },
    closeBundle() {
      if (before === undefined) delete process.env['NODE_ENV']
      else process.env['NODE_ENV'] = before
    },
  }
}

export default defineConfig({
  root: at('dashboards/web'),
  base: '/',
  plugins: [vue(), forProduction()],
  define: {
    __BAIYUAN_VERSION__: JSON.stringify(version),
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The page runs under a policy without inline scripts, inline styles or data: fonts, so nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 350,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': service, '/socket.io': { target: service, ws: true } },
  },
})
