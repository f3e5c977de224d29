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

	"rtbench/report/result"
	"rtbench/scenarios"
)

// initFlags is what the user says of a new scenario.
type initFlags struct {
	draft scenarios.Draft
	yes   bool
	force bool
}

func initCommand() *cobra.Command {
	d := initFlags{draft: scenarios.DefaultDraft()}
	c := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a scenario with comments, to start from",
		Long: `Writes a scenario with comments to FILE (default NAME.yaml; - prints it), and beside it the
JSON Schema ` + scenarios.SchemaName + `, by which editors complete and explain keys without a network. On
a terminal it asks for what no flag says; elsewhere, and with --yes, the defaults hold.
Several values with commas are an axis: a cell is measured for each.`,
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
	c.Flags().StringVar(&d.draft.Name, "name", d.draft.Name, "name of the scenario, else that of the file")
	c.Flags().StringVar(&d.draft.Protocols, "protocol", d.draft.Protocols, "protocols to put side by side")
	c.Flags().StringVar(&d.draft.Address, "target", "", "server that runs already (default: a fresh reference server for each repetition)")
	c.Flags().StringVar(&d.draft.API, "api", d.draft.API, "reference, guide for a server with the guide's API, or custom for any other server")
	c.Flags().BoolVarP(&d.yes, "yes", "y", false, "ask nothing")
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
	if !d.yes && isInteractive(os.Stdin) {
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

// ask asks for what no flag has said. An answer that is wrong is asked for again.
func (d *initFlags) ask(f *pflag.FlagSet, in *bufio.Reader, out io.Writer) error {
	fmt.Fprintln(out, "Enter takes what is in brackets; several values with commas are an axis.")
	for _, q := range []struct {
		flag, text string
		into       *string
	}{
		{"name", "Name", &d.draft.Name},
		{"target", "Server that runs already, else reference servers are started", &d.draft.Address},
		{"api", "API: reference, guide or custom", &d.draft.API},
		{"pattern", "Who sends: echo, push, upload, fanout", &d.draft.Pattern},
		{"protocol", "Protocols", &d.draft.Protocols},
		{"rate", "Messages per second over all connections", &d.draft.Rate},
		{"connections", "Connections", &d.draft.Connections},
		{"size", "Bytes of a message", &d.draft.Size},
		{"duration", "How long to measure", &d.draft.Duration},
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
			shown = map[string]string{"target": "none", "protocol": "all that have the pattern"}[flag]
		}
		fmt.Fprintf(out, "%s [%s]: ", text, shown)
		line, err := in.ReadString('\n')
		if err != nil && line == "" {
			return exitError(exitInterrupted, "no answer: nothing was written")
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

// save writes a scenario and, beside it, the schema that its first line names.
func save(file string, text []byte, force bool) error {
	write := result.CreateFile
	if force {
		write = result.WriteFile
	}
	err := write(file, text)
	if errors.Is(err, fs.ErrExist) {
		return usageError("%s exists; choose another name, or overwrite it with --force", file)
	}
	if err != nil {
		return fmt.Errorf("writing a scenario: %w", err)
	}
	schema := filepath.Join(filepath.Dir(file), scenarios.SchemaName)
	if err := saveSchema(schema); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Wrote %s, and %s for editors, by which they complete and explain keys.\nNext: rtbench scenario validate %s, then rtbench run %s\n", file, schema, file, file)
	return nil
}

// saveSchema writes the schema, but not over a file that is something else.
func saveSchema(path string) error {
	old, err := os.ReadFile(path)
	if err == nil && !bytes.Contains(old, []byte("urn:rtbench:scenario")) {
		return fmt.Errorf("%s is there and is no schema of rtbench: it was left alone", path)
	}
	if err := result.WriteFile(path, scenarios.Schema()); err != nil {
		return fmt.Errorf("writing the schema: %w", err)
	}
	return nil
}

// isInteractive says whether a person can be asked.
func isInteractive(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
