-- Adds to counters; their time starts with the first addition.
-- KEYS: prefix. ARGV: the tallies, as JSON.
add_all(ARGV[1])
return {}
