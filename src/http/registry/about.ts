import type { Route } from '../call.ts'

/** The version of Confluent's registry whose API this is. */
const API_VERSION = '8.0.0'

/** What the registry says of itself. */
export function aboutRoutes(clusterId: string, version: string): Route[] {
  return [
    { method: 'GET', path: '/', run: ({ answer }) => answer({}) },
    {
      method: 'GET',
      path: '/v1/metadata/id',
      run: ({ answer }) =>
        answer({
          scope: { path: [], clusters: { 'kafka-cluster': clusterId, 'schema-registry-cluster': 'posthorn' } },
          id: '',
        }),
    },
    {
      method: 'GET',
      path: '/v1/metadata/version',
      run: ({ answer }) => answer({ version: API_VERSION, commitId: `posthorn-${version}` }),
    },
  ]
}
