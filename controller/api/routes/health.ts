import { json, type Route } from '../route.ts';

export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/healthz',
    summary: 'The process is alive',
    access: 'public',
    answer: '{status: "ok"}',
    run: async () => json({ status: 'ok' }),
  },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'The controller does its work; 503 and short codes while it does not',
    access: 'public',
    answer: '{ready: boolean, waitingFor: string[]}',
    run: async ({ deps }) => {
      const waitingFor = deps.notReady();
      const ready = waitingFor.length === 0;
      return json({ ready, waitingFor }, ready ? 200 : 503);
    },
  },
];
