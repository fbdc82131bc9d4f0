/** `npm run user -- add NAME --role R [--firm F …] | passwd NAME | list`, each with `--data DIR`. Prints one line of JSON. */
import { ROLES } from '#contract/control.ts'
import { readArgs, runTool, UsageError, withPeople } from './ask.ts'

const USAGE = `usage: npm run user -- add NAME --role ${ROLES.join('|')} [--firm FIRM ...] [--data DIR]
       npm run user -- passwd NAME [--data DIR]
       npm run user -- list [--data DIR]
A password is made and printed once.`

await runTool(USAGE, async () => {
  const { words, values, data } = readArgs({
    role: { type: 'string' },
    firm: { type: 'string', multiple: true },
  })
  const [verb, name, ...more] = words
  if (more.length > 0) throw new UsageError(`"${more[0]}" is too much`)
  return withPeople(data, (ask) => {
    if (verb === 'list' && name === undefined) return ask('GET', '/users')
    if (verb === 'passwd' && name !== undefined) return ask('POST', '/users/password', { name })
    if (verb !== 'add' || name === undefined) throw new UsageError('what is to be done?')
    return ask('POST', '/users', { name, role: values['role'], firms: values['firm'] ?? null })
  })
})
