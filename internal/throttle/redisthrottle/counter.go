// Package redisthrottle owns the counting of tries on a Redis or Valkey server, for those who do not want it in the database.
// It must not know which keys there are, what is tried, or where its settings come from.
//
// The server must keep what it is told: with a maxmemory-policy other than noeviction, or without a file
// (appendonly yes), a full memory or a restart forgets tries that were counted. It is one server, not a cluster:
// Redis 6 or newer, or any Valkey.
package redisthrottle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"latchkey/internal/throttle"
	"latchkey/models"
)

// How long the server may take. A request that waits for its sign-in to be counted waits no longer than callTimeout.
const (
	callTimeout = time.Second
	partTimeout = 500 * time.Millisecond // to connect, to write, to read, to get a connection
)

// Counter is a throttle.Counter. It is safe for concurrent use.
type Counter struct {
	client *redis.Client
	prefix string
	take   *redis.Script
	give   *redis.Script
}

// Open prepares a counter on the server of a redis://, rediss:// or unix:// URL, with all keys below the prefix, "latchkey" for one.
// It does not connect yet; see Ping. The error never shows the URL, which may hold a password.
func Open(serverURL, prefix string) (*Counter, error) {
	options, err := redis.ParseURL(serverURL)
	if parse := (*url.Error)(nil); errors.As(err, &parse) {
		return nil, errors.New("the address of the Redis server is not a URL")
	}
	if err != nil {
		return nil, fmt.Errorf("read the address of the Redis server: %w", err)
	}
	options.DialTimeout = cmp.Or(options.DialTimeout, partTimeout)
	options.ReadTimeout = cmp.Or(options.ReadTimeout, partTimeout)
	options.WriteTimeout = cmp.Or(options.WriteTimeout, partTimeout)
	options.PoolTimeout = cmp.Or(options.PoolTimeout, partTimeout)
	options.ContextTimeoutEnabled = true
	// A try whose answer was lost would be counted twice, and an outage take longer to be seen.
	options.MaxRetries, options.DialerRetries = -1, 1
	// Nothing but two scripts is sent: no push messages, no pipelines, no names.
	options.Protocol, options.PipelinePoolSize, options.DisableIdentity = 2, -1, true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	// Errors go up and are logged once, at the edge; the library would write to stderr what it also returns.
	logging.Disable()
	return &Counter{
		client: redis.NewClient(options),
		prefix: prefix + ":",
		take:   redis.NewScript(takeScript),
		give:   redis.NewScript(giveScript),
	}, nil
}

// Close ends all connections.
func (c *Counter) Close() error { return c.client.Close() }

// Ping reports models.ErrUnavailable when the server does not answer.
func (c *Counter) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable(c.client.Ping(ctx).Err())
}

// Eviction returns the server's maxmemory-policy; it must be noeviction. INFO is read, since hosted servers refuse CONFIG.
func (c *Counter) Eviction(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	info, err := c.client.Info(ctx, "memory").Result()
	if err != nil {
		return "", unavailable(err)
	}
	for line := range strings.Lines(info) {
		if policy, found := strings.CutPrefix(strings.TrimSpace(line), "maxmemory_policy:"); found {
			return policy, nil
		}
	}
	return "", errors.New("the Redis server does not tell its maxmemory-policy")
}

// TakeTries takes one try from every bucket or, when any of them refuses, from none; see throttle.Counter.
func (c *Counter) TakeTries(ctx context.Context, now time.Time, buckets ...throttle.Bucket) (throttle.Decision, error) {
	keys := make([]string, 0, len(buckets))
	args := []any{now.UnixMicro()}
	for _, b := range buckets {
		bounds := b.Rate.At(now)
		keys = append(keys, c.prefix+b.Key)
		args = append(args, bounds.Step, bounds.Most, bounds.Full, bounds.Wrong)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := c.take.Run(ctx, c.client, keys, args...).Int64Slice()
	if err != nil {
		return throttle.Decision{}, unavailable(err)
	}
	if len(answer) != 1+len(buckets) {
		return throttle.Decision{}, fmt.Errorf("%w: Redis answered %d numbers", models.ErrUnavailable, len(answer))
	}
	return throttle.Decide(now, answer[0] == 1, buckets, answer[1:]), nil
}

// ReturnTries gives tries back; see throttle.Counter.
func (c *Counter) ReturnTries(ctx context.Context, refunds ...throttle.Refund) error {
	keys := make([]string, 0, len(refunds))
	args := make([]any, 0, len(refunds))
	for _, r := range refunds {
		keys = append(keys, c.prefix+r.Key)
		args = append(args, r.Amount)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return unavailable(c.give.Run(ctx, c.client, keys, args...).Err())
}

// unavailable marks whatever kept the server from doing what it was asked as an outage.
// The cause stays in the chain for the log.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: redis: %w", models.ErrUnavailable, err)
}
