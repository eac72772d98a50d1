import { Script } from './script.js';

/*
 * What the log asks of Redis, each in one command.
 *
 * A script is atomic: between what it reads of the log and what it answers or writes, no other command runs. All of them
 * are flagged as writing, even the one that only reads: a replica, such as a primary that was demoted and kept its
 * connections, then refuses it in the place of answering from the past. `allow-oom`: a full server that can no longer be
 * told of invalidations would make every cached answer doubtful, and the log is bounded anyway.
 *
 * In the hash: `incarnation`; `replid`, the replication id of the server when that incarnation began, which no restart and
 * no failover keeps; `head`, the position of the last record; `start`, what it was when the incarnation began; `until`,
 * when its quarantine ends by the clock of the server, in milliseconds; and each open mark as `mark:<transaction>`, its
 * position and its text. Marks rest here and not in the stream alone, because the stream forgets; and not in a key of
 * their own, because nobody would notice its eviction.
 */

const FLAGS = '#!lua flags=allow-oom';

/**
 * The server that answers must be a primary. It refuses the script by its flags already, unless its replicas may be written
 * to; the words are those of Redis for the same.
 */
const PRIMARY_ONLY = `
local info = redis.call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) then
  return redis.error_reply('READONLY this server follows another one')
end`;

/**
 * The log must be the one that the caller knows, in the same life of its server, and whole: either of the two keys can be
 * evicted or deleted alone. A stream without records is whole when nothing was appended since the incarnation began.
 */
const SAME_LIFE = `${PRIMARY_ONLY}
local life = redis.call('HMGET', KEYS[2], 'incarnation', 'replid', 'head', 'start')
if life[1] ~= ARGV[1] or not string.find(info, 'master_replid:' .. life[2], 1, true)
  or (redis.call('XLEN', KEYS[1]) == 0 and life[3] ~= life[4]) then
  return -1
end
local head = tonumber(life[3])`;

/** Appends records at consecutive positions. */
export const APPEND = new Script(`${FLAGS}
-- KEYS: the stream, the hash
-- ARGV: incarnation, length to keep about, channel, sender, then for each record: letter of its kind, transaction, text
-- Returns the position of the last record, or -1 if this is another incarnation.
-- Atomic: nobody else can take the positions in between, records stand next to each other, and the hash knows of a mark
-- as soon as the stream does.
${SAME_LIFE}
for i = 5, #ARGV, 3 do
  head = head + 1
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], head .. '-0', 'r', ARGV[i + 2])
  if ARGV[i] == 'm' then
    redis.call('HSET', KEYS[2], 'mark:' .. ARGV[i + 1], head .. ' ' .. ARGV[i + 2])
  elseif ARGV[i] == 'r' then
    redis.call('HDEL', KEYS[2], 'mark:' .. ARGV[i + 1])
  end
end
redis.call('HSET', KEYS[2], 'head', head)
-- Only lowers a latency: a user who may not publish may append all the same.
redis.pcall('PUBLISH', ARGV[3], ARGV[4])
return head`);

/** The barrier: head and missing records in one command. */
export const SINCE = new Script(`${FLAGS}
-- KEYS: the stream, the hash
-- ARGV: incarnation, position, bytes after which the answer ends
-- Returns 0 if nothing is new, -1 if this is another incarnation, -2 if the next record is forgotten; else the head, and
-- the texts of the records after the position, in their order, as many as fit.
-- Atomic: the head belongs to the records, and no record can be trimmed away between two looks at the stream.
${SAME_LIFE}
local position = tonumber(ARGV[2])
if position == head then return 0 end
if position > head then return -1 end
local answer, bytes = { head }, 0
while position < head and bytes < tonumber(ARGV[3]) do
  local entries = redis.call('XRANGE', KEYS[1], (position + 1) .. '-0', '+', 'COUNT', 64)
  local last = entries[#entries]
  if not last or last[1] ~= (position + #entries) .. '-0' then return -2 end
  for _, entry in ipairs(entries) do
    answer[#answer + 1] = entry[2][2]
    bytes = bytes + #entry[2][2]
  end
  position = position + #entries
end
return answer`);

/** Where the log stands, after a new incarnation was begun if it is not whole or its server had another life. */
export const HELLO = new Script(`${FLAGS}
-- KEYS: the stream, the hash
-- ARGV: name for a new incarnation, the incarnation that the caller knew before or nothing, length of a quarantine in
--   milliseconds, whether others are connected who have known this log ('yes', 'no', or 'unknown' before it was asked)
-- Returns incarnation, position, floor, remaining quarantine in milliseconds (negative: since when it has been over), then
--   position and text of each open mark;
-- or 0 when it would begin a new incarnation and must know about the others for it.
-- Atomic: of all who find the log broken, one begins the new incarnation, and the others find that.
${PRIMARY_ONLY}
local replid = string.match(info, 'master_replid:(%x+)')
local life = redis.call('HMGET', KEYS[2], 'incarnation', 'replid', 'head', 'start', 'until')
local length = redis.call('XLEN', KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local quarantine = tonumber(ARGV[3])
local head = tonumber(life[3] or 0)

if not life[1] or life[2] ~= replid or (length == 0 and life[3] ~= life[4]) then
  -- Somebody may still trust a former life of this log, and commit what he marked there, if he says so, if something is
  -- left of it, if he is connected, or if the server itself is too young or was another's replica.
  local uptime = tonumber(string.match(redis.call('INFO', 'server'), 'uptime_in_seconds:(%d+)'))
  local former = ARGV[2] ~= '' or life[1] or length > 0
    or string.find(info, 'master_replid2:%x*[1-9a-f]') or (uptime - 1) * 1000 < quarantine
  if not former and ARGV[4] == 'unknown' then return 0 end
  local ends = (former or ARGV[4] ~= 'no') and now + quarantine or 0
  -- Positions go on and marks stay open where they are known still: whoever made one may be gone, his transaction not.
  redis.call('UNLINK', KEYS[1])
  length = 0
  redis.call('HSET', KEYS[2], 'incarnation', ARGV[1], 'replid', replid, 'head', head, 'start', head, 'until', ends)
  life = { ARGV[1], replid, head, head, ends }
end

local floor = head
if length > 0 then floor = tonumber(string.match(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1][1], '%d+')) - 1 end
-- A clock set back must not prolong the quarantine beyond its length.
local remaining = math.min(tonumber(life[5]) - now, quarantine)
local answer = { life[1], head, floor, remaining }
local fields = redis.call('HGETALL', KEYS[2])
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 5) == 'mark:' then
    local position, record = string.match(fields[i + 1], '^(%d+) (.*)$')
    answer[#answer + 1] = tonumber(position)
    answer[#answer + 1] = record
  end
end
return answer`);
