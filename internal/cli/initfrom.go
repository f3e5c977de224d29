package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rtbench/proto"
	"rtbench/scenarios"
	"rtbench/scenarios/draft"
	"rtbench/scenarios/draft/asyncapi"
	"rtbench/scenarios/draft/har"
	"rtbench/scenarios/spec"
)

// runFrom writes a scenario from a file of another format. file is its name, - for standard output.
func (d *initFlags) runFrom(cmd *cobra.Command, file string) error {
	if err := d.checkFrom(cmd.Flags()); err != nil {
		return err
	}
	file, name := d.fileName(file)
	if isSame(file, d.from) {
		return usageError("%s: is the file of --from; choose another name", file)
	}
	if cmd.Flags().Changed("name") {
		name = d.settings.Get("name")
	}
	out, err := d.newDraft(cmd.Flags(), name)
	if err != nil {
		return err
	}
	if err := d.addSource(cmd, out, filepath.Dir(file)); err != nil {
		return sourceError(err)
	}
	if err := d.checkScheme(out); err != nil {
		return err
	}
	addHead(out, file)
	text := append([]byte(scenarios.Modeline), out.Text()...)
	if _, err := scenarios.ParseWith(file, text, scenarios.Options{Lookup: anyVariable}); err != nil {
		return exitError(exitScenario, "the scenario drafted from %s has errors, please report them: %w", d.from, err)
	}
	defer printNotes(out)
	if file == "-" {
		_, err := os.Stdout.Write(text)
		return err
	}
	return save(file, text, d.force)
}

// fileName returns the name of the file to write, and that of the scenario.
func (d *initFlags) fileName(file string) (path, name string) {
	name = scenarioName(strings.TrimRight(d.from, "/"))
	switch {
	case file == "" && isSame(name+".yaml", d.from):
		return name + "-scenario.yaml", name
	case file == "":
		return name + ".yaml", name
	case file != "-":
		name = scenarioName(file)
	}
	return file, name
}

// isSame reports whether two names are those of the same file.
func isSame(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// sourceError gives an error of the file of --from its exit code.
func sourceError(err error) error {
	var choice *draft.ChoiceError
	var coded exitCodeError
	switch {
	case errors.As(err, &coded):
		return err
	case errors.As(err, &choice):
		return exitCodeError{err, exitUsage}
	}
	return exitCodeError{err, exitScenario}
}

// anyVariable gives each environment variable a value.
func anyVariable(name string) (string, bool) { return cmp.Or(os.Getenv(name), "unset"), true }

// fromFlags are the flags that fit --from.
var fromFlags = []string{"from", "pick", "method", "name", "target", "rate", "connections", "duration", "repetitions", "import", "force", "yes", "cpuprofile"}

// checkFrom reports flags that do not fit --from, and invalid values.
func (d *initFlags) checkFrom(f *pflag.FlagSet) (err error) {
	f.Visit(func(flag *pflag.Flag) {
		if !slices.Contains(fromFlags, flag.Name) && err == nil {
			err = usageError("--%s with --from: expected one of --name, --target, --pick, --method, --rate, --connections, --duration and --repetitions; the file decides the rest", flag.Name)
		}
	})
	if err != nil {
		return err
	}
	rate := spec.Rate
	if _, ok := rate.Parse(d.settings.Get("rate")); f.Changed("rate") && !ok {
		return usageError("--rate: found %q; expected %s", d.settings.Get("rate"), rate.Expected)
	}
	if t := d.settings.Get("target"); t != "" {
		if fault := scenarios.AddressFault(t, true); fault != "" {
			return usageError("--target: %s", fault)
		}
		if _, err := checkURL(t); err != nil {
			return fmt.Errorf("--target: %w", err)
		}
	}
	return nil
}

// newDraft returns a draft with the load that the flags set.
func (d *initFlags) newDraft(f *pflag.FlagSet, name string) (*draft.Draft, error) {
	s := d.settings
	out := &draft.Draft{Name: name, Load: draft.Load{Duration: s.Get("duration")}}
	if f.Changed("rate") {
		out.Load.Rate = s.Get("rate")
	}
	for _, n := range []struct {
		flag string
		into *int
	}{{"connections", &out.Load.Connections}, {"repetitions", &out.Load.Repetitions}} {
		v, err := strconv.Atoi(s.Get(n.flag))
		if err != nil || v < 1 {
			return nil, usageError("--%s with --from: found %q; expected one number, from 1", n.flag, s.Get(n.flag))
		}
		*n.into = v
	}
	if v, err := time.ParseDuration(out.Load.Duration); err != nil || v <= 0 {
		return nil, usageError("--duration with --from: found %q; expected one duration such as 10s", out.Load.Duration)
	}
	return out, nil
}

// addSource reads the file of --from into a draft. dir is the directory of the scenario.
func (d *initFlags) addSource(cmd *cobra.Command, out *draft.Draft, dir string) error {
	info, err := os.Stat(d.from)
	if err != nil {
		return fmt.Errorf("--from %s: %w", d.from, reasonOf(err))
	}
	if info.IsDir() || slices.Contains([]string{".proto", ".binpb", ".pb", ".protoset", ".desc", ".fds"}, filepath.Ext(d.from)) {
		return d.addMethod(cmd, out, dir, info.IsDir())
	}
	if cmd.Flags().Changed("method") || cmd.Flags().Changed("import") {
		return usageError("--method with --from %s: expected .proto files or a descriptor set", d.from)
	}
	if info.Size() > maxSource {
		return fmt.Errorf("%s has %d bytes; expected at most %d", d.from, info.Size(), maxSource)
	}
	data, err := os.ReadFile(d.from)
	if err != nil {
		return fmt.Errorf("--from %s: %w", d.from, reasonOf(err))
	}
	target := d.settings.Get("target")
	switch ext := strings.ToLower(filepath.Ext(d.from)); {
	case ext == ".har", ext == ".json" && isHAR(data):
		return har.Draft(out, d.from, data, har.Options{Pick: d.pick, Target: target})
	case ext == ".yaml", ext == ".yml", ext == ".json":
		return asyncapi.Draft(out, d.from, data, asyncapi.Options{Pick: d.pick, Target: target})
	}
	return usageError("--from %s: found the extension %q; expected .har, .yaml or .json (AsyncAPI), .proto, .binpb, or a directory of .proto files", d.from, filepath.Ext(d.from))
}

// reasonOf returns an error of a file without the name of the file.
func reasonOf(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// maxSource bounds the files that are read, in bytes.
const maxSource = 256 << 20

// isHAR reports whether JSON is a HAR rather than AsyncAPI.
func isHAR(data []byte) bool {
	start := data[:min(len(data), 4096)]
	return bytes.Contains(start, []byte(`"log"`)) && !bytes.Contains(start, []byte(`"asyncapi"`))
}

// checkScheme reports a target of another protocol.
func (d *initFlags) checkScheme(out *draft.Draft) error {
	t := d.settings.Get("target")
	scheme, _, isURL := strings.Cut(t, "://")
	if t == "" || out.Protocol == "grpc" && !isURL {
		return nil
	}
	if found := proto.SchemeByName(strings.ToLower(scheme)).Protocol; found != out.Protocol {
		p, _ := proto.ProtocolByName(out.Protocol)
		return usageError("--target %s: expected a URL of scheme %s, because %s is about %s", redactURL(t), strings.Join(proto.SchemeNames(p), " or "), d.from, out.Protocol)
	}
	return nil
}

// addHead adds the next steps to the comment at the top.
func addHead(out *draft.Draft, file string) {
	shown := file
	if file == "-" {
		shown = "FILE"
	}
	out.Head = append(out.Head, fmt.Sprintf("Comments mark guesses: check them, then `rtbench scenario validate %s` and `rtbench run %[1]s`. `rtbench scenario show` explains every key.", shown))
	if names := variables(out); len(names) > 0 {
		out.Head = append(out.Head, "Environment variables: "+strings.Join(names, ", ")+".")
	}
}

func variables(out *draft.Draft) (names []string) {
	for _, s := range out.Secrets.Variables() {
		names = append(names, s.Variable)
	}
	return names
}

// printNotes prints guesses, and the variables that replace secrets.
func printNotes(out *draft.Draft) {
	for _, note := range out.Notes {
		fmt.Fprintln(os.Stderr, sanitize("Note: "+note))
	}
	var list []string
	for _, s := range out.Secrets.Variables() {
		list = append(list, fmt.Sprintf("%s (%s)", s.Variable, s.Source))
	}
	if len(list) > 0 {
		fmt.Fprintln(os.Stderr, sanitize("Set before a run (their values are not written): "+strings.Join(list, ", ")))
	}
}
