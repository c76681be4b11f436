-- Adds to counters; their time starts with the first addition.
-- KEYS: the counters. ARGV: milliseconds, then pairs of a name and an amount.
local MOST = '9223372036854775807'
for at = 2, #ARGV, 2 do
  local sum = redis.pcall('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1])
  if type(sum) == 'table' and sum.err then
    redis.call('HSET', KEYS[1], ARGV[at], MOST)
  end
end
if redis.call('PTTL', KEYS[1]) < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {}
