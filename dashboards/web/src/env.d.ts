/** Put in by the build (vite.config.ts). */
declare const __BAIYUAN_VERSION__: string
