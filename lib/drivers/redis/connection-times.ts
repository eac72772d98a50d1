/** A server that does not even take a connection within this time is away; ten seconds, as ioredis has it, is a hang. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** How long a closing socket may wait for a peer that no longer answers. */
export const DISCONNECT_TIMEOUT_MS = 500;

/** Between attempts to connect: short beside the quarantine of a log that begins again, in which every process has to be back. */
export const LONGEST_RETRY_MS = 250;
