package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// document is a public document of the issuer: the last one that could be read, and the fetch that is under way.
type document[T any] struct {
	url    string
	most   int64 // bytes
	read   func(body []byte, last T) (T, error)
	client *http.Client
	now    func() time.Time

	mu     sync.Mutex
	last   copyOf[T]
	tag    string        // ETag of last
	tried  time.Time     // when the last fetch began
	failed error         // of the last fetch; nil when it went well
	flight chan struct{} // closed when the fetch under way is over; nil when there is none
}

// copyOf is what was read and how old it may be called: from the moment at which it was asked for.
type copyOf[T any] struct {
	value T
	asked time.Time // zero: nothing was read yet
}

// get returns the last copy.
func (d *document[T]) get() copyOf[T] {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}

// refresh waits for the fetch that is under way, or for a new one if the last began at least gap ago, and returns the
// last copy, be it new or old. The fetch goes on when ctx ends: others may wait for it.
func (d *document[T]) refresh(ctx context.Context, gap time.Duration) copyOf[T] {
	if flight := d.begin(ctx, gap); flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
		}
	}
	return d.get()
}

// begin returns the fetch that is under way, or a new one, or nil when it is too early for one.
func (d *document[T]) begin(ctx context.Context, gap time.Duration) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if d.flight == nil && (d.tried.IsZero() || now.Sub(d.tried).Abs() >= gap) {
		d.tried, d.flight = now, make(chan struct{})
		go d.fetch(context.WithoutCancel(ctx), d.last.value, d.tag, now)
	}
	return d.flight
}

// fetch replaces the copy, or leaves it as it is and keeps the error.
func (d *document[T]) fetch(ctx context.Context, last T, tag string, asked time.Time) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	value, newTag, err := d.ask(ctx, last, tag)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed = err; err == nil {
		d.last, d.tag = copyOf[T]{value, asked}, newTag
	}
	close(d.flight)
	d.flight = nil
}

func (d *document[T]) ask(ctx context.Context, last T, tag string) (T, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, http.NoBody)
	if err != nil {
		return last, "", err
	}
	request.Header.Set("Accept", "application/json")
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	answer, err := d.client.Do(request)
	if err != nil {
		return last, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	switch {
	case answer.StatusCode == http.StatusNotModified && tag != "":
		return last, tag, nil
	case answer.StatusCode != http.StatusOK:
		return last, "", fmt.Errorf("%s answers %d", d.url, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, d.most+1))
	if err == nil && int64(len(body)) > d.most {
		err = fmt.Errorf("%s has more than %d bytes", d.url, d.most)
	}
	if err != nil {
		return last, "", err
	}
	value, err := d.read(body, last)
	return value, answer.Header.Get("ETag"), err
}

// failing reports whether the last fetch failed.
func (d *document[T]) failing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed != nil
}

// why says why there is no copy that could serve.
func (d *document[T]) why() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed != nil {
		return d.failed
	}
	return errors.New("it was not fetched in time")
}
