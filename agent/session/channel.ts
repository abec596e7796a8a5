import { createSecureContext } from 'node:tls';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { SERVER_NAME } from '../../proto/join-token.ts';

/** PEM each. */
export interface ChannelIdentity {
  readonly ca: string;
  readonly key?: string;
  readonly certificate?: string;
}

/** TLS 1.3, the pinned CA alone, and a certificate of our own where there is one. */
export function channelCredentials({ ca, key, certificate }: ChannelIdentity): ChannelCredentials {
  return credentials.createFromSecureContext(
    createSecureContext({
      ca,
      minVersion: 'TLSv1.3',
      ...(key !== undefined && { key }),
      ...(certificate !== undefined && { cert: certificate }),
    }),
  );
}

/** Both sides look after the link: a dead one is seen within 15 s (decision 14). */
export const CHANNEL_OPTIONS = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  'grpc.ssl_target_name_override': SERVER_NAME,
  // One dial is one connection: a shared one would keep the certificate it began with.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
};
