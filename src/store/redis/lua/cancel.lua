-- Takes a job that waits away from the queue; asks the worker of one that runs to stop.
-- KEYS: prefix. ARGV: figure, owner, what only this call knows.
local figure = ARGV[1]
local job = job_key(figure)
if not owned(figure, ARGV[2]) then
  return { 'unknown' }
end
local known = redis.call('HMGET', job, 'ended', 'claims')
if known[1] then
  return { 'terminal' }
end
local before = given(ARGV[3])
if before then
  return before
end
redis.call('HSET', job, 'cancel', '1')
ring(figure)
if known[2] == '0' then
  return hand_out(figure, ARGV[3])
end
return { 'asked' }
