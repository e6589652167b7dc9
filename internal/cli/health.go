package cli

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout bounds the one request of a health check.
const healthTimeout = 3 * time.Second

// newHealthcheck is for containers that have no other program than this one.
func newHealthcheck(p Process) *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Ask the service on this machine whether it is up; exits 1 if not", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(p)
			if err != nil {
				return err
			}
			host := cfg.HTTP.BindAddress
			if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
				host = "127.0.0.1"
			}
			url := "http://" + net.JoinHostPort(host, strconv.Itoa(cfg.HTTP.Port)) + "/livez"
			req, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url, http.NoBody)
			if err != nil {
				return err
			}
			if len(cfg.HTTP.AllowedHosts) > 0 {
				req.Host = cfg.HTTP.AllowedHosts[0]
			}
			res, err := (&http.Client{Timeout: healthTimeout}).Do(req)
			if err != nil {
				return err
			}
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("GET %s answered %s", url, res.Status)
			}
			return nil
		},
	}
}
