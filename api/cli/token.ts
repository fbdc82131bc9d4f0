/** `npm run token -- add --role R --firm F` (without a firm: administrator and reviewer only). Prints `{"token":"…"}`, once. */
import { ROLES } from '#contract/control.ts'
import { readArgs, runTool, UsageError, withPeople } from './ask.ts'

const USAGE = `usage: npm run token -- add --role ${ROLES.join('|')} [--firm FIRM] [--name NAME] [--data DIR]`

await runTool(USAGE, async () => {
  const { words, values, data } = readArgs({
    role: { type: 'string' },
    firm: { type: 'string' },
    name: { type: 'string' },
  })
  if (words.length !== 1 || words[0] !== 'add') throw new UsageError('what is to be done?')
  return withPeople(data, (ask) =>
    ask('POST', '/tokens', {
      role: values['role'],
      firm: values['firm'] ?? null,
      ...(values['name'] === undefined ? {} : { name: values['name'] }),
    }),
  )
})
