package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Options say what is attacked, and how far.
type Options struct {
	Target, Node2         string // http://host:port of one node, and of another one of the same deployment
	Origin                string // an origin of the target's CLIENT_ORIGIN; "" when there is none
	KeysDir               string // or the next two
	AccessKey, RefreshKey string // files with the target's private keys
	FormerKeys            []string
	CAFile, LogFile       string
	Only                  []string // ids of rows; none means all
	Timeout               time.Duration
	Wait                  time.Duration // for lifetimes and graces, in one row
	Leeway                time.Duration // the target's TOKEN_LEEWAY
	Rounds                int           // of a race
	Throttles, Timing     bool
	Owned, Verbose        bool
}

// maxRounds bounds Options.Rounds.
const maxRounds = 1000

// nodes checks the options and returns the addresses of the target's nodes. Only loopback is attacked unless the caller
// says that the target is theirs.
func (o Options) nodes(ctx context.Context) ([]*url.URL, error) {
	if o.Timeout <= 0 || o.Wait < 0 || o.Rounds < 1 || o.Rounds > maxRounds {
		return nil, fmt.Errorf("-timeout must be positive, -wait not negative, -rounds from 1 to %d", maxRounds)
	}
	var nodes []*url.URL
	for _, address := range []string{o.Target, o.Node2} {
		if address == "" {
			continue
		}
		u, err := url.Parse(strings.TrimSuffix(address, "/"))
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Path != "" || u.User != nil {
			return nil, fmt.Errorf("%q is not http://host:port or https://host:port", address)
		}
		if err := o.mayAttack(ctx, u.Hostname()); err != nil {
			return nil, err
		}
		nodes = append(nodes, u)
	}
	if len(nodes) == 0 {
		return nil, errors.New("there is no -target")
	}
	return nodes, nil
}

// mayAttack refuses a host with any address beyond loopback.
func (o Options) mayAttack(ctx context.Context, host string) error {
	if o.Owned {
		return nil
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return fmt.Errorf("find %s: %w", host, err)
	}
	for _, a := range addresses {
		if !a.Unmap().IsLoopback() {
			return fmt.Errorf("%s is at %s, which is not this machine: attack it with -i-own-this if it is yours", host, a)
		}
	}
	return nil
}

// mayDial is mayAttack for the address that a connection is about to be made to.
func (o Options) mayDial(address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if !o.Owned && !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not this machine", to)
	}
	return nil
}

// selects reports whether a row was asked for: 44 asks for 44.1 and 44.2 too.
func (o Options) selects(id string) bool {
	if len(o.Only) == 0 {
		return true
	}
	for _, asked := range o.Only {
		if id == asked || strings.HasPrefix(id, asked+".") {
			return true
		}
	}
	return false
}
