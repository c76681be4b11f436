-- Records the state that a running job has reached.
-- KEYS: prefix. ARGV: figure, owner, token, state.
if not leased(ARGV[1], ARGV[2], ARGV[3]) then
  return { 'lease_lost' }
end
reach(ARGV[1], ARGV[4], true)
return { 'done' }
