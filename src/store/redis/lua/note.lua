-- Writes a line into a log; says whether it was not there yet.
-- KEYS: prefix, log. ARGV: line, its time in milliseconds, the most lines.
return note(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
