-- Forgets a job at once, whatever its state; gives how often it was handed out.
-- KEYS: prefix. ARGV: figure, owner.
local figure = ARGV[1]
local job = job_key(figure)
if not owned(figure, ARGV[2]) then
  return false
end
local known = redis.call('HMGET', job, 'claims', 'entry', 'key', 'once')
release(known[4], figure)
drop(known[2])
redis.call('ZREM', due, figure)
redis.call('ZREM', unpurged, figure)
redis.call('ZREM', gate_key(known[3]), figure)
redis.call('ZREM', prefix .. 'figs:' .. ARGV[2], figure)
redis.call('UNLINK', job, prefix .. 'events:' .. figure)
ring(figure)
return known[1]
