package scenarios

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rtbench/proto"
	"rtbench/scenarios/cell"
	"rtbench/scenarios/spec"
)

// Settings are flags that set keys of a new scenario: their values by name. ${NAME} is a variable,
// as in a file. Keys without a flag have their path as the name.
type Settings map[string][]string

// DefaultSettings compare round trips over all protocols.
func DefaultSettings() Settings {
	s := Settings{"phases.warmup": {"1s"}, "phases.drain": {"1s"}, "thresholds": {"lost == 0 && errors == 0"}}
	for _, f := range Flags() {
		if f.Default != "" {
			s[f.Name] = []string{f.Default}
		}
	}
	return s
}

// Flags returns the flags that set keys, each name once. A flag of an option of endpoints is that
// of the first protocol that has it.
func Flags() []spec.Flag {
	var all []spec.Flag
	for _, s := range spec.Flags(schema()) {
		if f := s.Key.Flag; !slices.ContainsFunc(all, func(o spec.Flag) bool { return o.Name == f.Name }) {
			for _, l := range s.Key.Value.Scalar {
				f.Words = append(f.Words, l.Enum...)
			}
			if f.Default == "" && f.Switch == "" && !strings.Contains(f.Usage, "(default") {
				f.Shown = s.Key.Default
			}
			all = append(all, f)
		}
	}
	return all
}

// TargetFlag returns the first flag that only a custom target has; empty if there is none.
func (s Settings) TargetFlag() string {
	for _, f := range spec.Flags(schema()) {
		section, _, nested := strings.Cut(f.Path, ".")
		of := nested && section == "target" || slices.ContainsFunc(new(Target).keys(nil), func(k spec.Key) bool { return k.Name == f.Path })
		if name := f.Key.Flag.Name; of && s[name] != nil {
			return name
		}
	}
	return ""
}

// Connection returns the settings that select and connect to the target, without its messages.
func (s Settings) Connection() Settings {
	out := Settings{}
	for _, f := range spec.Flags(schema()) {
		name := f.Key.Flag.Name
		if section, _, _ := strings.Cut(f.Path, "."); s[name] != nil && slices.Contains([]string{"name", "api", "protocols", "target"}, section) {
			out[name] = s[name]
		}
	}
	return out
}

// Get returns the last value of a flag; empty if it is not set.
func (s Settings) Get(flag string) string {
	if all := s[flag]; len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// Put sets a flag to one value; an empty value removes it.
func (s Settings) Put(flag, value string) {
	if delete(s, flag); value != "" {
		s[flag] = []string{value}
	}
}

// A FlagError is a value that a flag cannot have, or two flags that exclude each other.
type FlagError struct{ text string }

func (e *FlagError) Error() string { return e.text }

// Parse returns the scenario. positional is how the target is named in problems, if not as a flag.
// The error is a FlagError, or Problems that name flags instead of keys.
func (s Settings) Parse(file, positional string, o Options) (*Scenario, error) {
	b := newBuilder(file, o)
	b.r.Keys = schema()
	root, err := s.node(b.r, positional, func(file string) string { return file })
	if err != nil {
		return nil, err
	}
	text := write(root)
	b.r.Root = root
	refuseSecrets(b.r, root)
	b.r.Expand(root, &b.variables)
	parsed, err := b.scenario()
	if err != nil {
		return nil, err
	}
	parsed.Source = text
	parsed.bundle = Bundle{File: file, Text: text}
	return parsed, nil
}

// Text returns the scenario as a file in dir. File names in it are relative to dir.
func (s Settings) Text(dir string) ([]byte, error) {
	root, err := s.node(spec.NewReader(""), "", func(file string) string { return relativeTo(dir, file) })
	if err != nil {
		return nil, err
	}
	return write(root), nil
}

func write(root *yaml.Node) []byte {
	const head = Modeline + "# A scenario for rtbench. `rtbench scenario validate FILE` checks it and estimates its cost,\n" +
		"# `rtbench run FILE` runs it, `rtbench scenario show` explains every key.\n"
	return append([]byte(head), spec.Write(root, schema())...)
}

// relativeTo returns a file name relative to dir instead of the working directory.
func relativeTo(dir, file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	if rel, err := filepath.Rel(dir, file); err == nil {
		return rel
	}
	if abs, err := filepath.Abs(file); err == nil { // dir is absolute
		return abs
	}
	return file
}

// node returns the keys of the flags as a mapping, and adds the flags to the sources of r.
func (s Settings) node(r *spec.Reader, positional string, file func(string) string) (root *yaml.Node, err error) {
	root = spec.Under("", nil)
	for _, f := range s.flags(schema()) {
		if s[f.Key.Flag.Not] != nil {
			return nil, &FlagError{fmt.Sprintf("--%s with --%s: expected one of them", f.Key.Flag.Name, f.Key.Flag.Not)}
		}
		if positional != "" && f.Key.Flag.Name == "target" {
			f.Name = positional
		}
		n, err := f.Node(file)
		if err != nil {
			return nil, &FlagError{f.Name + err.Error()}
		}
		n = spec.Under(f.Path, n)
		r.Adopt(n, r.AddFlag(f))
		root = r.Merge(root, n)
	}
	return root, nil
}

// flags returns the flags with their keys and values, in the order of the table.
func (s Settings) flags(keys []spec.Key) (all []spec.Setting) {
	isCustom := s.Get("api") == cell.Custom
	endpoint := "target." + s.protocol() + "."
	done := map[string]bool{}
	add := func(f spec.Setting, name string) {
		if f.Values = s[name]; len(f.Values) > 0 && !done[name] {
			done[name] = true
			all = append(all, f)
		}
	}
	spec.Walk(keys, func(path string, k spec.Key) {
		f := spec.Setting{Name: "--" + k.Flag.Name, Path: path, Key: k}
		name := k.Flag.Name
		if name == "" {
			f.Name, name = path, path
		}
		parts := strings.SplitN(path, ".", 3)
		if len(parts) == 3 && customProtocol(parts[1]).Name != "" {
			f.Path = endpoint + parts[2]
			if _, known := spec.Find(keys, f.Path); known && f.Path != path {
				return // that of the protocol follows
			}
		}
		switch {
		case path == "payload.size" && !s.sized():
			return
		case path == "api" && (s.Get("api") == cell.Reference || isCustom && s["target"] != nil), path == "protocols" && isCustom:
			return // implied
		case path == "target" && isCustom:
			f.Path = endpoint + "url"
			f.Key.Value.Scalar = nil
		}
		add(f, name)
	})
	return all
}

// sized reports whether the size of messages is given or matters: not if the server or the messages
// decide it.
func (s Settings) sized() bool {
	if s.Get("size") != DefaultSettings().Get("size") {
		return true
	}
	templates := s["message"]
	body := func(m string) bool { return strings.HasPrefix(m, "@") || uses(m, "Body") }
	switch {
	case s.Get("api") == cell.Reference || s.Get("api") == "":
		return true
	case s.Get("pattern") == string(proto.Push):
		return false
	}
	return len(templates) == 0 || slices.ContainsFunc(templates, body)
}

// protocol returns the protocol of a custom target.
func (s Settings) protocol() string {
	if p := s.Get("protocol"); customProtocol(p).Name != "" {
		return p
	}
	a, _ := cutURL(s.Get("target"))
	return cmp.Or(protocolOf(a.scheme), "websocket")
}
