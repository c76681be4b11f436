-- Hands out a job whose lease is over, else the next that waits. Entries of no use are dropped on the way.
-- KEYS: prefix. ARGV: mark, lease in milliseconds.
if lost() then
  return { 'lost' }
end
for _, pending in ipairs(on_group('XPENDING', stream, MAKERS, 'IDLE', ARGV[2], '-', '+', '10')) do
  local found = redis.call('XRANGE', stream, pending[1], pending[1])[1]
  local figure = named(pending[1], found and found[2])
  if figure then
    return hand_out(figure)
  end
  drop(pending[1])
end
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
    return hand_out(figure)
  else
    -- Somebody took it out of its turn; reading it has started its count anew.
    hold(entry[1], claims)
  end
end
