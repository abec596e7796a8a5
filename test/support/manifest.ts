export function manifest(kind: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'skep/v1', kind, metadata: { name }, spec });
}
