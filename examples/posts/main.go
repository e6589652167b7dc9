// Posts is another service beside Latchkey: people write posts, everybody who is signed in reads them, and only the author
// changes them. It owns its database and its rules; of the sign-in it must know nothing but the issuer's published keys.
//
//	go run . &                 # Latchkey, on port 8000
//	go run ./examples/posts    # this, on port 8001
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"latchkey/verify"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "posts:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("posts", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:8001", "the `address` to listen on; port 0 is any that is free")
	database := flags.String("database", "data/posts.db", "the SQLite `file`")
	clients := flags.String("client", "http://localhost:3000", "the `origins` of web pages that may call, separated by commas")
	trust := verify.Options{}
	flags.StringVar(&trust.URL, "latchkey", "http://localhost:8000", "where Latchkey is reached")
	flags.StringVar(&trust.Issuer, "issuer", "latchkey", "Latchkey's `TOKEN_ISSUER`, else its PUBLIC_URL")
	flags.StringVar(&trust.Audience, "audience", "latchkey", "Latchkey's `TOKEN_AUDIENCE`")
	flags.StringVar(&trust.Cookie, "cookie", verify.Cookie, "the `name` of the cookie; in production "+verify.HostCookie)
	flags.DurationVar(&trust.RevocationInterval, "revocations", 2*time.Second, "how old the list of revoked sessions may become; 0 means no list")
	if err := flags.Parse(args); err != nil {
		return err
	}
	store, err := openStore(ctx, *database)
	if err != nil {
		return err
	}
	defer store.close()
	handler, err := newHandler(store, trust, strings.Split(*clients, ","))
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, MaxHeaderBytes: 28 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(stderr, "posts: listening on http://%s, trusting %s\n", listener.Addr(), trust.URL)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(end)
}
