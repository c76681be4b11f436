-- Takes a place among at most so many, for a while.
-- KEYS: prefix, places. ARGV: place, most, milliseconds.
local places = KEYS[2]
redis.call('ZREMRANGEBYSCORE', places, '-inf', text(now))
if not redis.call('ZSCORE', places, ARGV[1]) and redis.call('ZCARD', places) >= tonumber(ARGV[2]) then
  return { 'full' }
end
redis.call('ZADD', places, text(now + tonumber(ARGV[3])), ARGV[1])
keep(places, ARGV[3])
return { 'taken' }
