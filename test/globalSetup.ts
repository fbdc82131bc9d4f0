/** Before any test: the page is built when it is missing or older than its sources, as `npm start` does it. */
import { buildPage } from '../dashboards/build.ts'

export default async function setup(): Promise<void> {
  await buildPage()
}
