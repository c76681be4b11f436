-- Lets requests of a key in: if it is not revoked, and if they do not come too fast for any of the gates (GCRA: a gate's
-- pace is when the next request would be due beyond the burst).
-- KEYS: prefix, mark of revocation, gates. ARGV: mark, requests, then the step of a request in microseconds and the burst
-- of each gate.
if lost() then
  return { 'lost' }
end
if redis.call('EXISTS', KEYS[2]) == 1 then
  return { 'revoked' }
end
local micros, requests = clock[1] * 1000000 + clock[2], tonumber(ARGV[2])
local paces, late, most = {}, -1, 0
for at = 3, #KEYS do
  local step, burst = tonumber(ARGV[2 * at - 3]), tonumber(ARGV[2 * at - 2])
  local pace = math.max(tonumber(redis.call('HGET', KEYS[at], 'pace') or '0'), micros) + step * requests
  local early = pace - micros - step * burst
  if requests > 0 and early > most then
    late, most = at - 3, early
  end
  paces[at] = pace
end
local answer = { text(late), text(most), text(now) }
for at = 3, #KEYS do
  local gate, step, burst = KEYS[at], tonumber(ARGV[2 * at - 3]), tonumber(ARGV[2 * at - 2])
  if late < 0 and requests > 0 then
    redis.call('HSET', gate, 'pace', text(paces[at]))
    keep(gate, math.ceil((paces[at] - micros) / 1000) + 1000)
  end
  local ahead = math.max(tonumber(redis.call('HGET', gate, 'pace') or '0') - micros, 0)
  table.insert(answer, text(math.max(math.floor((step * burst - ahead) / step), 0)))
  table.insert(answer, text(ahead))
  local seats, figures, micro_usd = used(gate)
  table.insert(answer, text(seats))
  table.insert(answer, text(figures))
  table.insert(answer, text(micro_usd))
end
return answer
