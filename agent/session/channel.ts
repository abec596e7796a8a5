import { createSecureContext } from 'node:tls';
import { type ChannelCredentials, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import {
  AgentServiceClient,
  type SessionRequest,
  type SessionResponse,
} from '../../proto/gen/skep/agent/v1/agent.ts';
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

/** The part of a gRPC stream that a session uses. */
export type SessionStream = Pick<
  ClientDuplexStream<SessionRequest, SessionResponse>,
  'on' | 'once' | 'write' | 'end' | 'cancel' | 'writableLength'
>;

/** The way to the controller that one session goes. */
export interface Link {
  readonly stream: SessionStream;
  close(): void;
}

/** Dials; whether anybody answers shows on the stream. */
export function openLink(address: string, identity: ChannelIdentity): Link {
  const client = new AgentServiceClient(address, channelCredentials(identity), CHANNEL_OPTIONS);
  return { stream: client.session(), close: () => client.close() };
}
