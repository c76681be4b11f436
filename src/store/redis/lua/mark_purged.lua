-- Records once that a job's photo is gone.
-- KEYS: prefix. ARGV: figure, owner, when.
if owned(ARGV[1], ARGV[2]) and redis.call('HSETNX', job_key(ARGV[1]), 'purged', ARGV[3]) == 1 then
  redis.call('ZREM', unpurged, ARGV[1])
  tell(ARGV[1], 'purged', ARGV[3])
end
return {}
