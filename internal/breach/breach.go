// Package breach owns the question whether a password stands in a public list of breached ones, asked so that nobody
// learns the password. It must not know accounts, HTTP handlers or what is done about the answer.
package breach

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // the lists are keyed by SHA-1; it protects nothing here
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	timeout   = 2 * time.Second
	maxAnswer = 1 << 20
	prefixLen = 5 // hexadecimal digits that leave this machine
)

// Client asks a service of the range protocol of Have I Been Pwned (k-anonymity): it sends the first five digits of the
// SHA-1 and compares the rest here. Answers are padded on request, so that their size says nothing.
type Client struct {
	base string
	http *http.Client
}

// New asks the service at the given address, such as https://api.pwnedpasswords.com.
func New(base string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), http: &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirects are not followed") },
	}}
}

// Seen reports whether the password is in the list. An error says nothing about the password; the caller should go on
// as if it had not been asked. No error holds the password or its hash.
func (c *Client) Seen(ctx context.Context, plain string) (bool, error) {
	sum := sha1.Sum([]byte(plain)) //nolint:gosec // see the import
	digest := strings.ToUpper(hex.EncodeToString(sum[:]))
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/range/"+digest[:prefixLen], http.NoBody)
	if err != nil {
		return false, errors.New("breached passwords: the address cannot be used")
	}
	req.Header.Set("Add-Padding", "true")
	res, err := c.http.Do(req)
	if err != nil {
		return false, errors.New("breached passwords: no answer")
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return false, fmt.Errorf("breached passwords: status %d", res.StatusCode)
	}
	return contains(io.LimitReader(res.Body, maxAnswer), digest[prefixLen:])
}

// contains looks for a line SUFFIX:COUNT with a count other than 0, which marks padding.
func contains(list io.Reader, suffix string) (bool, error) {
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		found, count, _ := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if strings.EqualFold(found, suffix) {
			return strings.Trim(count, "0") != "", nil
		}
	}
	if lines.Err() != nil {
		return false, errors.New("breached passwords: the answer broke off")
	}
	return false, nil
}
