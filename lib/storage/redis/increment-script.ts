/**
 * Adds to a counter.
 *
 * KEYS[1] the counter; ARGV[1] what to add; ARGV[2] what it holds when it held nothing.
 * Returns the sum, or nil when the key holds anything but a whole number that JavaScript can count on from. Every other
 * failure (no right, no memory, no replicas) is one: it says nothing of what the key holds.
 * One script, because between a SET NX and an INCRBY of its own the key may expire. INCRBY keeps the lifetime.
 */
export const INCREMENT = `
local function failure(answer)
  local said = answer.err
  local isOfValue = string.find(said, 'WRONGTYPE', 1, true) or string.find(said, 'not an integer', 1, true)
    or string.find(said, 'would overflow', 1, true)
  if not isOfValue then return answer end
end
local held = redis.pcall('GET', KEYS[1])
if not held then
  redis.call('SET', KEYS[1], ARGV[2])
  return tonumber(ARGV[2])
end
if type(held) == 'table' then return failure(held) end
local number = tonumber(held)
if not number or math.abs(number + ARGV[1]) > 9007199254740991 then return nil end
local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(sum) == 'table' then return failure(sum) end
return sum
`;
