-- Hands out a job of a lane whose lease is over, else the next of the account whose turn it is. Entries of no use are
-- dropped on the way.
-- KEYS: prefix. ARGV: mark, lease in milliseconds, lane, what only this call knows.
if lost() then
  return { 'lost' }
end
local before = given(ARGV[4])
if before then
  return before
end
in_lane(ARGV[3])
for _, pending in ipairs(on_group('XPENDING', stream, MAKERS, 'IDLE', ARGV[2], '-', '+', '10')) do
  local found = redis.call('XRANGE', stream, pending[1], pending[1])[1]
  local figure = named(pending[1], found and found[2])
  if figure then
    return hand_out(figure, ARGV[4])
  end
  drop(pending[1])
end
local owner = redis.call('ZRANGE', turns, '0', '0')[1]
while owner do
  local figure = redis.call('LINDEX', waits .. owner, '0')
  local known = figure and redis.call('HMGET', job_key(figure), 'owner', 'claims', 'ended')
  if known and known[1] == owner and known[2] == '0' and not known[3] then
    local handed_out = hand_out(figure, ARGV[4])
    if redis.call('ZSCORE', turns, owner) then
      to_the_back(owner)
    end
    return handed_out
  end
  wait_no_more(figure or '', owner)
  owner = redis.call('ZRANGE', turns, '0', '0')[1]
end
-- What is in the stream and waits in no list.
while true do
  local read = on_group('XREADGROUP', 'GROUP', MAKERS, CONSUMER, 'COUNT', '1', 'STREAMS', stream, '>')
  if not read then
    return { 'none' }
  end
  local entry = read[1][2][1]
  local figure, claims = named(entry[1], entry[2])
  if not figure then
    drop(entry[1])
  elseif claims == '0' then
    return hand_out(figure, ARGV[4])
  else
    -- Somebody took it out of its turn; reading it has started its count anew.
    hold(entry[1], claims)
  end
end
