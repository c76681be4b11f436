-- Hands out a job that is past its deadline and that nobody holds. Who has held it since before its deadline counts for dead a
-- while after it; who was given it later ends it, and has its lease for that.
-- KEYS: prefix. ARGV: lease in milliseconds, the while, what only this call knows.
local before = given(ARGV[3])
if before then
  return before
end

local function held(figure, entry)
  in_lane_of(figure)
  local pending = on_group('XPENDING', stream, MAKERS, entry, entry, '1')[1]
  return pending and pending[3] < tonumber(ARGV[1])
end

for _, figure in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', text(now), 'LIMIT', '0', '100')) do
  local known = redis.call('HMGET', job_key(figure), 'entry', 'ended', 'late', 'deadline')
  if not known[1] or known[2] then
    redis.call('ZREM', due, figure)
  elseif (not known[3] and now >= known[4] + ARGV[2]) or not held(figure, known[1]) then
    return hand_out(figure, ARGV[3])
  end
end
return { 'none' }
