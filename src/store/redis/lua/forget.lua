-- Forgets a job at once, whatever its state; gives how often it was handed out.
-- KEYS: prefix. ARGV: figure, owner.
local figure = ARGV[1]
local job = job_key(figure)
if not owned(figure, ARGV[2]) then
  return false
end
local known = redis.call('HMGET', job, 'claims', 'entry', 'once', 'ended')
release(known[3], figure)
in_lane_of(figure)
wait_no_more(figure, ARGV[2])
drop(known[2])
redis.call('ZREM', due, figure)
redis.call('ZREM', unpurged, figure)
if not known[4] then
  settle(figure, false, '0')
end
redis.call('ZREM', prefix .. 'figs:' .. ARGV[2], figure)
redis.call('UNLINK', job, prefix .. 'events:' .. figure)
ring(figure)
return known[1]
