package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"latchkey/config"
	"latchkey/internal/doctor"
)

// tutorialOptions are the flags for the settings of a tutorial project.
type tutorialOptions struct {
	file, out      string
	force, newKeys bool
}

func (o *tutorialOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.file, "from-tutorial", "", "instead of examining this set-up, read the settings of a tutorial project from this file and say what was unsafe")
	cmd.Flags().StringVar(&o.out, "out", "", "with --from-tutorial: write Latchkey's settings to this file")
	cmd.Flags().BoolVar(&o.force, "force", false, "with --out: write over a file that is there")
	cmd.Flags().BoolVar(&o.newKeys, "with-keys", false, "with --out: put new keys into the file; without it the first start makes them")
}

// fromTutorial exits with 0 when it has done its work: what was unsafe is the old project's.
func fromTutorial(cmd *cobra.Command, args []string, o doctorOptions) error {
	if len(args) > 0 {
		return errors.New("--from-tutorial takes no address; leave it out")
	}
	values, err := config.ReadEnvFile(o.old.file)
	if err != nil {
		return err
	}
	old := doctor.Tutorial(values)
	folder := filepath.Dir(o.old.file)
	found := old.Examine()
	found = append(found, doctor.TutorialCode(folder)...)
	for _, f := range append(doctor.Committed(cmd.Context(), folder, "keys"), doctor.OpenFile(o.old.file)...) {
		if f.Level != doctor.OK {
			found = append(found, f)
		}
	}
	if o.old.out != "" {
		if err := writeSettings(old, o.old); err != nil {
			return err
		}
		found = append(found, doctor.Finding{Level: doctor.OK, Subject: o.old.out, Message: `written; "latchkey migrate up" adopts the users table`})
	}
	return printFindings(cmd, o.asJSON, found)
}

// writeSettings makes the file readable for its owner alone. One that is there is kept, unless it may be replaced.
func writeSettings(old doctor.Tutorial, o tutorialOptions) error {
	text, err := old.Settings(o.newKeys)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(o.out), ".new-*.env") // of mode 0600
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // of no use once it has its own name
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	read, err := config.ReadEnvFile(file.Name())
	if err != nil {
		return errors.New("--out: one of the old values cannot be written into an env file; change it first")
	}
	if name := old.Differs(read); name != "" {
		return fmt.Errorf("%s: cannot be written into an env file; change it, or leave it out and name a file that holds it in %[1]s_FILE", name)
	}
	if o.force {
		return os.Rename(file.Name(), o.out)
	}
	// A link, unlike a rename, does not replace a file that is there.
	if err := os.Link(file.Name(), o.out); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("--out: %s is there already; name another file, or add --force", printable(o.out))
	} else if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return nil
}
