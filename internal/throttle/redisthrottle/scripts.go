package redisthrottle

// takeScript does what throttle.Bounds.Next does for every key, or for none. ARGV is now and, for each key, step, most, full
// and wrong, all in microseconds, which Lua's doubles hold exactly. It answers whether it did and the times stored.
// A key lives until its time has come, on the server's own clock.
const takeScript = `
local now = tonumber(ARGV[1])
local times = redis.call('MGET', unpack(KEYS))
local answer, next = {1}, {}
for i = 1, #KEYS do
	local time = tonumber(times[i] or 0)
	local step, most, full, wrong = unpack(ARGV, 4 * i - 2, 4 * i + 1)
	if time <= now then
		next[i] = now + tonumber(step)
	elseif time <= tonumber(most) then
		next[i] = time + tonumber(step)
	elseif time > tonumber(wrong) then
		next[i] = tonumber(full)
	else
		answer[1] = 0
	end
	answer[i + 1] = time
end
if answer[1] == 1 then
	for i = 1, #KEYS do
		redis.call('SET', KEYS[i], next[i], 'PX', math.ceil((next[i] - now) / 1000))
		answer[i + 1] = next[i]
	end
end
return answer`

// giveScript takes microseconds off the times stored. A key that is gone stays gone: it would otherwise live for ever.
const giveScript = `
for i = 1, #KEYS do
	if redis.call('EXISTS', KEYS[i]) == 1 then
		redis.call('DECRBY', KEYS[i], ARGV[i])
	end
end
return 1`
