/** Routes: people and API tokens. */
import { z } from 'zod'
import * as rest from '../rest.ts'
import { route } from './route.ts'

export const peopleRoutes = {
  people: route({
    method: 'get',
    path: '/people',
    summary: 'Everyone who can sign in',
    needs: 'people',
    answer: z.array(rest.PersonRow),
  }),
  personAdd: route({
    method: 'post',
    path: '/people',
    summary: 'Add a person; without a password one is made and shown once',
    needs: 'people',
    body: rest.PersonPut,
    answer: rest.PersonAnswer,
    created: true,
  }),
  personChange: route({
    method: 'put',
    path: '/people/{name}',
    summary: 'Change role, firms or password, disable or enable; open sessions end at once',
    needs: 'people',
    body: rest.PersonChange,
    answer: rest.PersonAnswer,
  }),
  tokens: route({
    method: 'get',
    path: '/tokens',
    summary: 'API tokens',
    needs: 'people',
    answer: z.array(rest.TokenRow),
  }),
  tokenAdd: route({
    method: 'post',
    path: '/tokens',
    summary: 'Make an API token; it is shown once',
    needs: 'people',
    body: rest.TokenPut,
    answer: rest.TokenAnswer,
    created: true,
  }),
  tokenRevoke: route({
    method: 'delete',
    path: '/tokens/{id}',
    summary: 'Revoke an API token',
    needs: 'people',
    answer: null,
  }),
}
