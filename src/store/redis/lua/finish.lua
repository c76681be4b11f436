-- Ends a running job in one step: staged results get their names, the seats and the entry go, what was reserved is settled,
-- the end is told.
-- KEYS: prefix, then pairs of a staged name and a final one. ARGV: figure, owner, token, state, code, release, tallies,
-- delivered, charged, spent (nothing where that is not known).
local figure, state = ARGV[1], ARGV[4]
local job = job_key(figure)
if not leased(figure, ARGV[2], ARGV[3]) then
  local ended = redis.call('HMGET', job, 'owner', 'claims', 'state', 'ended')
  -- The same call again, since its answer was lost.
  if ended[1] == ARGV[2] and ended[2] == ARGV[3] and ended[3] == state and ended[4] then
    return { 'done' }
  end
  return { 'lease_lost' }
end
local known = redis.call('HMGET', job, 'retention', 'remembered', 'gates', 'entry', 'once', 'cancel', 'purged')
if known[6] and state ~= 'canceled' then
  return { 'cancel_asked' }
end

local retention = tonumber(known[1])
for at = 2, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[at]) == 1 then
    redis.call('RENAME', KEYS[at], KEYS[at + 1])
    redis.call('PEXPIRE', KEYS[at + 1], text(retention))
  end
end
local kept = text(retention + tonumber(known[2]))
redis.call('HSET', job, 'code', ARGV[5], 'ended', text(now), 'expires', text(now + retention), 'spent', ARGV[10])
redis.call('PEXPIRE', job, kept)
if not known[7] then
  redis.call('ZADD', unpurged, text(now), figure)
  keep(unpurged, kept)
end
if ARGV[6] == '1' then
  release(known[5], figure)
end
add_all(ARGV[7])
in_lane_of(figure)
drop(known[4])
redis.call('ZREM', due, figure)
settle(figure, ARGV[8] == '1', ARGV[9])
reach(figure, state)
return { 'done' }
