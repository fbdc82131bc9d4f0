/** Routes: signing in, and where phones find the page. */
import * as rest from '../rest.ts'
import { route } from './route.ts'

export const sessionRoutes = {
  signIn: route({
    method: 'post',
    path: '/session',
    summary: 'Sign in; sets the session cookie',
    needs: 'anyone',
    body: rest.SignIn,
    answer: rest.Session,
  }),
  session: route({
    method: 'get',
    path: '/session',
    summary: 'Who is signed in, and what this person may do',
    needs: 'self',
    answer: rest.Session,
  }),
  signOut: route({
    method: 'delete',
    path: '/session',
    summary: 'Sign out; closes the live connections of this session',
    needs: 'self',
    answer: null,
  }),
  setup: route({
    method: 'post',
    path: '/setup',
    summary: 'Create the first administrator with the one-time token of the printed link, and sign in',
    needs: 'anyone',
    body: rest.Setup,
    answer: rest.Session,
  }),
  lan: route({
    method: 'get',
    path: '/lan',
    summary: 'Where phones on the local network find the page; null without --lan or without a network',
    needs: 'self',
    answer: rest.Lan.nullable(),
  }),
  lanCertificate: route({
    method: 'get',
    path: '/lan/ca.crt',
    summary: 'Certificate of the local CA that a phone has to trust first',
    needs: 'self',
    answer: null,
    file: 'application/x-x509-ca-cert',
  }),
}
