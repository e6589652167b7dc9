package cli

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"latchkey/internal/token"
)

// keyNames are the two kinds of token, in the order in which they are always named.
func keyNames() []string { return []string{"access", "refresh"} }

func newKeysGenerate() *cobra.Command {
	var (
		algorithm string
		bits      int
		dir       string
		asJSON    bool
	)
	cmd := &cobra.Command{
		Use: "generate", Short: "Make two new key pairs and print them as settings, or write them as PEM files", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			made := make([]generated, 0, len(keyNames()))
			if algorithm != token.RS256 && dir == "" && !asJSON {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), "JWT_ALGORITHM="+algorithm); err != nil {
					return err
				}
			}
			for _, kind := range keyNames() {
				g, err := generate(kind, algorithm, bits, dir)
				if err != nil {
					return err
				}
				if !asJSON {
					if err := g.print(cmd.OutOrStdout()); err != nil {
						return err
					}
				}
				made = append(made, g)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), made)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&algorithm, "algorithm", token.RS256, "how the keys sign: RS256, ES256 or EdDSA, as JWT_ALGORITHM says")
	cmd.Flags().IntVar(&bits, "bits", 2048, "size of the RSA keys: 2048, 3072 or 4096")
	cmd.Flags().StringVar(&dir, "dir", "", "write PEM files to this folder instead of printing; existing files are kept")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// generated is a pair as it is shown: as settings, or the names of its files.
type generated struct {
	Kind      string            `json:"kind"`
	KeyID     string            `json:"kid"`
	Algorithm string            `json:"alg"`
	Settings  map[string]string `json:"settings,omitempty"`
	Files     []string          `json:"files,omitempty"`
}

// generate makes one pair for the given kind of token.
func generate(kind, algorithm string, bits int, dir string) (generated, error) {
	key, err := token.Generate(algorithm, bits)
	if err != nil {
		flag := "--algorithm"
		if algorithm == token.RS256 {
			flag = "--bits"
		}
		return generated{}, fmt.Errorf("%s: %w", flag, err)
	}
	g := generated{Kind: kind, KeyID: token.Thumbprint(key.Public()), Algorithm: algorithm}
	private, public := token.EncodePrivatePEM(key), token.EncodePublicPEM(key.Public())
	if dir == "" {
		g.Settings = map[string]string{
			setting(kind, "PRIVATE_KEY"): base64.StdEncoding.EncodeToString(private),
			setting(kind, "PUBLIC_KEY"):  base64.StdEncoding.EncodeToString(public),
		}
		return g, nil
	}
	file := token.NewKeyFile(dir, kind, time.Time{})
	if err := token.WriteKeyFile(file.Path, private, 0o600); err != nil {
		return generated{}, fmt.Errorf("%s: %w", file.Path, err)
	}
	if err := token.WriteKeyFile(file.Public(), public, 0o644); err != nil {
		return generated{}, fmt.Errorf("%s: %w", file.Public(), err)
	}
	g.Files = []string{file.Path, file.Public()}
	return g, nil
}

// setting is the name of a setting of a kind's keys.
func setting(kind, rest string) string { return strings.ToUpper(kind) + "_TOKEN_" + rest }

func (g generated) print(w io.Writer) error {
	var b strings.Builder
	for _, rest := range []string{"PRIVATE_KEY", "PUBLIC_KEY"} {
		if value := g.Settings[setting(g.Kind, rest)]; value != "" {
			fmt.Fprintf(&b, "%s=%s\n", setting(g.Kind, rest), value)
		}
	}
	for _, path := range g.Files {
		fmt.Fprintln(&b, "wrote "+path)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
