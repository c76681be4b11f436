-- Extends a lease.
-- KEYS: prefix. ARGV: figure, owner, token.
if not leased(ARGV[1], ARGV[2], ARGV[3]) then
  return { 'lease_lost' }
end
in_lane_of(ARGV[1])
hold(redis.call('HGET', job_key(ARGV[1]), 'entry'), ARGV[3])
return { 'done' }
