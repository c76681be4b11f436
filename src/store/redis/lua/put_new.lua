-- Keeps a value where there is none; gives the one that is there.
-- KEYS: the value. ARGV: the value, its time in milliseconds.
local kept = redis.call('GET', KEYS[1])
if not kept then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return kept
