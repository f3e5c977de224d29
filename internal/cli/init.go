package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// initFlags describe the scenario to write.
type initFlags struct {
	settings   scenarios.Settings
	yes, force bool
	from, pick string
}

func initCommand() *cobra.Command {
	d := initFlags{settings: scenarios.DefaultSettings()}
	d.settings.Put("protocol", strings.Join(proto.ComparedProtocols(), ","))
	c := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented scenario to start from",
		Long: `Writes a commented scenario to FILE (default NAME.yaml; - prints it) and the JSON Schema
` + scenarios.SchemaName + ` beside it, which lets editors complete and explain the keys. On a terminal
it asks for values that no flag sets; elsewhere, and with --yes, it uses the defaults.
Values separated by commas form an axis: each value is measured.

With --from it starts from a file that you have, and asks nothing:

  capture.har     a recording of a browser: opening messages, repeated messages as templates,
                  how replies are matched, pings and the rate. Headers, cookies and tokens
                  become environment variables
  asyncapi.yaml   an AsyncAPI document, version 2 or 3, of a server over WebSocket or SSE
  chat.proto      the gRPC method of --method; also a directory of .proto files, or a
                  descriptor set (.binpb)

Comments in the scenario and notes on stderr say what is a guess. --target sets another
server; --rate, --connections, --duration and --repetitions set the load.`,
		Example: `  rtbench scenario init
  rtbench scenario init feed.yaml --pattern fanout --rate 10/s,100/s --connections 200
  rtbench scenario init game.yaml --target wss://example.org --api guide --yes
  rtbench scenario init mine.yaml --target wss://example.org/chat --api custom
  rtbench scenario init chat.yaml --from capture.har --pick 2
  rtbench scenario init api.yaml --from asyncapi.yaml --target ws://127.0.0.1:8080
  rtbench scenario init rpc.yaml --from protos --method chat.v1.Chat/Talk --target grpcs://example.org`,
		Args: optionalArg("one file"),
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd, args) },
	}
	registerKeys(c, d.settings, "from")
	c.Flags().StringVar(&d.from, "from", "", "start from `FILE`: a HAR, an AsyncAPI document, .proto files or a descriptor set")
	c.Flags().StringVar(&d.pick, "pick", "", "with --from: use the connection of a HAR, or the channel of AsyncAPI, with this `NUMBER` or part of its name")
	c.Flags().Lookup("method").Usage = "HTTP `METHOD` of the SSE request; with --from, the gRPC method (pkg.Service/Method)"
	c.Flags().BoolVarP(&d.yes, "yes", "y", false, "use defaults instead of asking")
	c.Flags().BoolVar(&d.force, "force", false, "overwrite FILE")
	return c
}

func (d *initFlags) run(cmd *cobra.Command, args []string) error {
	file := ""
	if len(args) == 1 {
		file = args[0]
	}
	if d.from != "" {
		return d.runFrom(cmd, file)
	}
	if d.pick != "" {
		return usageError("--pick without --from: expected both")
	}
	if file != "" && file != "-" && !cmd.Flags().Changed("name") {
		d.settings.Put("name", scenarioName(file))
	}
	applyDefaults(cmd.Flags(), d.settings)
	if d.settings.Get("protocol") == "grpc" && d.settings.Get("api") == "custom" && d.settings["message"] == nil && d.settings.Get("pattern") != "push" {
		d.settings.Put("message", `{"text":"{{randomString 20}}"}`) // the method's schema is unknown here
	}
	if err := d.check(); err != nil {
		return err
	}
	if !d.yes && term.IsTerminal(int(os.Stdin.Fd())) {
		if err := d.ask(cmd.Flags(), bufio.NewReader(os.Stdin), os.Stderr); err != nil {
			return err
		}
	}
	if file == "" {
		file = d.settings.Get("name") + ".yaml"
	}
	text, err := d.settings.Text(filepath.Dir(file))
	if err != nil {
		return err
	}
	if file == "-" {
		_, err := os.Stdout.Write(text)
		return err
	}
	return save(file, text, d.force)
}

// check reports problems of the settings.
func (d *initFlags) check() error {
	_, err := d.settings.Parse("init", "", scenarios.Options{Lookup: anyVariable}) // it may be set later
	return settingsError(err)
}

// ask asks for each value that no flag sets, again if the answer is invalid.
func (d *initFlags) ask(f *pflag.FlagSet, in *bufio.Reader, out io.Writer) error {
	fmt.Fprintln(out, "Press Enter for the value in brackets; separate several values by commas.")
	for _, q := range []struct{ flag, text, none string }{
		{"name", "Name", ""},
		{"target", "Address of a running server (none: start reference servers)", "none"},
		{"api", "API of the server: reference, guide, custom", ""},
		{"pattern", "Pattern: echo, push, upload, fanout, generate", ""},
		{"protocol", "Protocols", "all that support the pattern"},
		{"rate", "Messages per second over all connections", "that of the server"},
		{"connections", "Connections", ""},
		{"size", "Message size", ""},
		{"duration", "Duration of the measurement", ""},
	} {
		if f.Changed(q.flag) || q.flag == "rate" && d.settings["closed"] != nil {
			continue
		}
		if err := d.askOne(f, in, out, q.flag, q.text, q.none); err != nil {
			return err
		}
	}
	return nil
}

func (d *initFlags) askOne(f *pflag.FlagSet, in *bufio.Reader, out io.Writer, flag, text, none string) error {
	for {
		before := maps.Clone(d.settings)
		fmt.Fprintf(out, "%s [%s]: ", text, cmp.Or(d.settings.Get(flag), none))
		line, err := in.ReadString('\n')
		if err != nil && line == "" {
			return exitError(exitInterrupted, "no answer; nothing was written")
		}
		if line = strings.TrimSpace(line); line == "" {
			return nil
		}
		d.settings.Put(flag, line)
		f.Lookup(flag).Changed = true
		applyDefaults(f, d.settings)
		problem := d.check()
		if problem == nil {
			return nil
		}
		fmt.Fprintln(out, problem)
		f.Lookup(flag).Changed = false
		d.settings = before
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
