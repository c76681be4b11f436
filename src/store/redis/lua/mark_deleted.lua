-- Records that a job's result was deleted on request.
-- KEYS: prefix. ARGV: figure, owner.
if owned(ARGV[1], ARGV[2]) then
  redis.call('HSET', job_key(ARGV[1]), 'deleted', '1')
  ring(ARGV[1])
end
return {}
