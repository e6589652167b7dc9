package cli

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"latchkey/internal/token"
)

func newKeys() *cobra.Command {
	group := &cobra.Command{Use: "keys", Short: "Make the key pairs that sign tokens", Args: cobra.NoArgs, RunE: help}
	group.AddCommand(newKeysGenerate())
	return group
}

func newKeysGenerate() *cobra.Command {
	var (
		bits int
		dir  string
	)
	cmd := &cobra.Command{
		Use: "generate", Short: "Make two new key pairs and print them as settings, or write them as PEM files", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, kind := range []string{"access", "refresh"} {
				if err := generate(cmd.OutOrStdout(), kind, bits, dir); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&bits, "bits", 2048, "size of the RSA keys: 2048, 3072 or 4096")
	cmd.Flags().StringVar(&dir, "dir", "", "write PEM files to this folder instead of printing; existing files are kept")
	return cmd
}

// generate makes one pair for the given kind of token.
func generate(w io.Writer, kind string, bits int, dir string) error {
	key, err := token.Generate(bits)
	if err != nil {
		return fmt.Errorf("--bits: %w", err)
	}
	private, public := token.EncodePrivatePEM(key), token.EncodePublicPEM(&key.PublicKey)
	if dir == "" {
		return printSettings(w, kind, private, public)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
		mode os.FileMode
	}{{kind + "_private.pem", private, 0o600}, {kind + "_public.pem", public, 0o644}} {
		path := filepath.Join(dir, f.name)
		if err := token.WriteKeyFile(path, f.data, f.mode); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, "wrote "+path); err != nil {
			return err
		}
	}
	return nil
}

func printSettings(w io.Writer, kind string, private, public []byte) error {
	prefix := map[string]string{"access": "ACCESS", "refresh": "REFRESH"}[kind]
	_, err := fmt.Fprintf(w, "%s_TOKEN_PRIVATE_KEY=%s\n%s_TOKEN_PUBLIC_KEY=%s\n",
		prefix, base64.StdEncoding.EncodeToString(private), prefix, base64.StdEncoding.EncodeToString(public))
	return err
}
