/** The manifests of the made-up fleet that benchmarks load and run. */

export const SERVICES = ['web', 'worker', 'cache'] as const;
export const IMAGE = 'example/image:1.2.3';

export const hostManifest = (n: number): string =>
  `apiVersion: skep/v1\nkind: Host\nmetadata:\n  name: host-${n}\n`;

/** An app of three services, each with a volume and a health check, on one host. */
export function appManifest(n: number, host: number, level = 'info'): string {
  const lines = [
    'apiVersion: skep/v1',
    'kind: App',
    'metadata:',
    `  name: app-${n}`,
    'spec:',
    `  hosts: [host-${host}]`,
    `  values: {LEVEL: ${level}}`,
    '  compose:',
    '    services:',
  ];
  for (const service of SERVICES) lines.push(...serviceLines(service, n));
  lines.push('    volumes:', ...SERVICES.map((service) => `      ${service}-data:`), '');
  return lines.join('\n');
}

const serviceLines = (service: string, n: number): readonly string[] => [
  `      ${service}:`,
  `        image: ${IMAGE}`,
  '        command: ["run", "--verbose"]',
  '        restart: unless-stopped',
  '        environment:',
  `          LOG_LEVEL: \${LEVEL:-info}`,
  `          NAME: ${service}-${n}`,
  '          MODE: production',
  '        healthcheck:',
  '          test: ["CMD", "check"]',
  '          interval: 10s',
  '        volumes:',
  `          - ${service}-data:/data`,
  '        labels:',
  '          team: shop',
];
