package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"rtbench/report/result"
	"rtbench/scenarios"
)

// initFlags describe the scenario to write.
type initFlags struct {
	draft scenarios.Draft
	yes   bool
	force bool
}

func initCommand() *cobra.Command {
	d := initFlags{draft: scenarios.DefaultDraft()}
	c := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented scenario to start from",
		Long: `Writes a commented scenario to FILE (default NAME.yaml; - prints it) and the JSON Schema
` + scenarios.SchemaName + ` beside it, which lets editors complete and explain the keys. On a terminal
it asks for values that no flag sets; elsewhere, and with --yes, it uses the defaults.
Values separated by commas form an axis: each value is measured.`,
		Example: `  rtbench scenario init
  rtbench scenario init feed.yaml --pattern fanout --rate 10/s,100/s --connections 200
  rtbench scenario init game.yaml --target wss://example.org --api guide --yes
  rtbench scenario init mine.yaml --target wss://example.org/chat --api custom`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return exactArgs(1, "one file")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd, args) },
	}
	draftFlags(c.Flags(), &d.draft)
	c.Flags().StringVar(&d.draft.Name, "name", d.draft.Name, "`NAME` of the scenario (default: from the file name)")
	c.Flags().StringVar(&d.draft.Protocols, "protocol", d.draft.Protocols, "`PROTOCOLS` to compare")
	c.Flags().StringVar(&d.draft.Address, "target", "", "`ADDRESS` or URL of a running server (default: a fresh reference server per repetition)")
	c.Flags().StringVar(&d.draft.API, "api", d.draft.API, "`API` of the server: reference, guide or custom")
	c.Flags().BoolVarP(&d.yes, "yes", "y", false, "use defaults instead of asking")
	c.Flags().BoolVar(&d.force, "force", false, "overwrite FILE")
	complete(c, "api", completeWords("reference", "guide", "custom"))
	return c
}

func (d *initFlags) run(cmd *cobra.Command, args []string) error {
	file := ""
	if len(args) == 1 {
		file = args[0]
	}
	if file != "" && file != "-" && !cmd.Flags().Changed("name") {
		d.draft.Name = scenarioName(file)
	}
	applyDefaults(cmd.Flags(), &d.draft)
	if err := checkDraft(d.draft); err != nil {
		return err
	}
	if !d.yes && term.IsTerminal(int(os.Stdin.Fd())) {
		if err := d.ask(cmd.Flags(), bufio.NewReader(os.Stdin), os.Stderr); err != nil {
			return err
		}
	}
	if file == "" {
		file = d.draft.Name + ".yaml"
	}
	if file == "-" {
		_, err := os.Stdout.Write(d.draft.Text())
		return err
	}
	return save(file, d.draft.Text(), d.force)
}

// ask asks for each value that no flag sets, again if the answer is invalid.
func (d *initFlags) ask(f *pflag.FlagSet, in *bufio.Reader, out io.Writer) error {
	fmt.Fprintln(out, "Press Enter for the value in brackets; separate several values by commas.")
	for _, q := range []struct {
		flag, text string
		into       *string
	}{
		{"name", "Name", &d.draft.Name},
		{"target", "Address of a running server (none: start reference servers)", &d.draft.Address},
		{"api", "API of the server: reference, guide, custom", &d.draft.API},
		{"pattern", "Pattern: echo, push, upload, fanout", &d.draft.Pattern},
		{"protocol", "Protocols", &d.draft.Protocols},
		{"rate", "Messages per second over all connections", &d.draft.Rate},
		{"connections", "Connections", &d.draft.Connections},
		{"size", "Message size", &d.draft.Size},
		{"duration", "Duration of the measurement", &d.draft.Duration},
	} {
		if f.Changed(q.flag) || q.flag == "rate" && d.draft.Closed {
			continue
		}
		if err := d.askOne(f, in, out, q.flag, q.text, q.into); err != nil {
			return err
		}
	}
	return nil
}

func (d *initFlags) askOne(f *pflag.FlagSet, in *bufio.Reader, out io.Writer, flag, text string, into *string) error {
	for {
		before := d.draft
		shown := *into
		if shown == "" {
			shown = map[string]string{"target": "none", "protocol": "all that support the pattern"}[flag]
		}
		fmt.Fprintf(out, "%s [%s]: ", text, shown)
		line, err := in.ReadString('\n')
		if err != nil && line == "" {
			return exitError(exitInterrupted, "no answer; nothing was written")
		}
		if line = strings.TrimSpace(line); line == "" {
			return nil
		}
		*into = line
		if f.Lookup(flag) != nil {
			f.Lookup(flag).Changed = true
		}
		applyDefaults(f, &d.draft)
		problem := checkDraft(d.draft)
		if problem == nil {
			return nil
		}
		fmt.Fprintln(out, problem)
		d.draft = before
	}
}

// save writes a scenario and the schema that its first line refers to.
func save(file string, text []byte, force bool) error {
	write := result.CreateFile
	if force {
		write = result.WriteFile
	}
	err := write(file, text)
	if errors.Is(err, fs.ErrExist) {
		return usageError("%s: file exists; choose another name, or overwrite it with --force", file)
	}
	if err != nil {
		return fmt.Errorf("writing a scenario: %w", err)
	}
	schema := filepath.Join(filepath.Dir(file), scenarios.SchemaName)
	if err := saveSchema(schema); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Wrote %s and %s (for completion in editors).\nNext: rtbench scenario validate %s, then rtbench run %s\n", file, schema, file, file)
	return nil
}

// saveSchema writes the schema unless the file exists and is not a schema of rtbench.
func saveSchema(path string) error {
	old, err := os.ReadFile(path)
	if err == nil && !bytes.Contains(old, []byte("urn:rtbench:scenario")) {
		return fmt.Errorf("%s: not overwritten, because it is not a schema of rtbench", path)
	}
	if err := result.WriteFile(path, scenarios.Schema()); err != nil {
		return fmt.Errorf("writing the schema: %w", err)
	}
	return nil
}
