import { status as grpcStatus, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import type { Clock } from '../../kit/clock.ts';
import type {
  EnrollmentServiceServer,
  EnrollRequest,
  EnrollResponse,
  RenewRequest,
} from '../../proto/gen/skep/agent/v1/agent.ts';
import { Failure, type HostName, NAME_PATTERN } from '../../schemas/domain/index.ts';
import { type Authority, renewRefused } from './authority.ts';
import { checkedRequest } from './certificates.ts';
import type { JoinTokens } from './join-tokens.ts';
import type { Ledger } from './ledger.ts';
import type { Audit, Refusals } from './refusals.ts';

export interface EnrolmentOptions {
  readonly authority: Authority;
  readonly tokens: JoinTokens;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Buffer;
  /** Undefined until a revision is in force: then any enrolled host may renew. */
  readonly declared: () => ReadonlySet<HostName> | undefined;
  readonly audit: Audit;
  readonly refusals: Refusals;
  /** The host has a new enrolment: sessions of the old one are to end. */
  readonly enrolled: (host: HostName) => void;
}

/** The enrolment listener's service; see EnrollmentService in agent.proto. */
export function enrolmentService(options: EnrolmentOptions): EnrollmentServiceServer {
  return {
    enroll: unary(
      options,
      (request: EnrollRequest) => enroll(options, request),
      (request) => (NAME_PATTERN.test(request.host) ? request.host : '-'),
    ),
    renew: unary(
      options,
      (request: RenewRequest) => renew(options, request),
      () => '-',
    ),
  };
}

async function enroll(options: EnrolmentOptions, request: EnrollRequest): Promise<EnrollResponse> {
  const { authority, tokens, ledger, clock } = options;
  tokens.check(request.token, request.host);
  await checkedRequest(request.csr);
  await tokens.spend(request.token, request.host);
  const host = request.host as HostName;
  const id = options.randomBytes(16).toString('hex');
  const certificate = await authority.issueAgent({ host, enrolment: id }, request.csr);
  await ledger.enrol(host, { id, atMs: clock.now() });
  options.enrolled(host);
  options.audit(`host:${host}`, 'host.join', host);
  return { certificate, caCertificate: authority.der() };
}

async function renew(options: EnrolmentOptions, request: RenewRequest): Promise<EnrollResponse> {
  const { authority, ledger } = options;
  const subject = await authority.checkRenewal(request.certificate, request.csr);
  const { host } = subject;
  if (ledger.enrolment(host)?.id !== subject.enrolment) {
    throw renewRefused('the host was revoked or has joined anew: join it again');
  }
  const declared = options.declared();
  if (declared && !declared.has(host)) {
    throw renewRefused('the host is not declared: add its Host document to the repository');
  }
  const certificate = await authority.issueAgent(subject, request.csr);
  return { certificate, caCertificate: authority.der() };
}

const CODES: Readonly<Record<string, number>> = {
  TokenRefused: grpcStatus.UNAUTHENTICATED,
  RenewRefused: grpcStatus.UNAUTHENTICATED,
  CsrInvalid: grpcStatus.INVALID_ARGUMENT,
};

/** What is not a refusal of ours is our own fault: the caller learns no more than that. */
function unary<Request>(
  options: EnrolmentOptions,
  serve: (request: Request) => Promise<EnrollResponse>,
  subject: (request: Request) => string,
) {
  return (
    call: ServerUnaryCall<Request, EnrollResponse>,
    answer: sendUnaryData<EnrollResponse>,
  ) => {
    serve(call.request).then(
      (response) => answer(null, response),
      (error: unknown) => {
        const failure = error instanceof Failure ? error : undefined;
        const code = failure && CODES[failure.code];
        const cause = error instanceof Error ? error.message : String(error);
        options.refusals.tell(
          failure?.code ?? 'EnrolmentFailed',
          addressOf(call.getPeer()),
          subject(call.request),
          cause,
        );
        if (code !== undefined) answer({ code, details: cause });
        else answer({ code: grpcStatus.UNAVAILABLE, details: 'try again later' });
      },
    );
  };
}

/** Without the port, which is another one at each attempt. */
const addressOf = (peer: string) => peer.replace(/:\d+$/, '');
