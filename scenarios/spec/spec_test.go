package spec_test

import (
	"strings"
	"testing"
	"time"

	"rtbench/scenarios/spec"
)

// A lamp is a made-up file with keys of every kind.
type lamp struct {
	Name   string
	Colour string
	Size   int
	Tags   []string
	Fade   time.Duration
	Steps  []string
}

func (l *lamp) keys() []spec.Key {
	return []spec.Key{
		{Name: "name", Was: "label", Value: spec.One(&l.Name, spec.Text), Required: "a line such as `name: desk`", Example: "desk", Doc: "Its name."},
		{
			Name: "light", Doc: "What it gives.",
			Value: spec.Section(
				spec.Key{Name: "colour", Also: "color hue", Value: spec.Axis(&l.Colour, spec.OneOf("warm yellow", "cold blue")), Default: "warm", Flag: spec.Flag{Name: "colour", Usage: "`COLOUR`: warm or cold"}, Doc: "An axis."},
				spec.Key{Name: "size", Value: spec.One(&l.Size, spec.Integer(1, 9)), Default: "3", Flag: spec.Flag{Name: "size", Usage: "`SIZE` from 1 to 9"}, Doc: "Its size."},
				spec.Key{Name: "fade", Value: spec.One(&l.Fade, spec.Duration(0)), Example: "# 1s", Doc: "Its fading."},
			),
		},
		{Name: "tags", Value: spec.List(&l.Tags, spec.Text), Flag: spec.Flag{Name: "tag", Usage: "add `TAG`; repeatable", Repeat: true}, Example: "[a, b]", Doc: "Its tags."},
		{
			Name: "steps", Value: spec.Each(&l.Steps, "a step", func(s *string) spec.Value { return spec.One(s, spec.Text) }), Example: "[on, off]", Doc: "What it does.",
			Flag: spec.Flag{Name: "step", Usage: "do `STEP`", Repeat: true},
		},
	}
}

func read(text string) (*lamp, *spec.Reader) {
	l := new(lamp)
	r := spec.NewReader("f")
	r.Keys = l.keys()
	spec.SetDefaults(r.Keys)
	if r.Root = r.Document(0, []byte(text), &spec.Variables{}); r.Root != nil {
		r.Mapping("", r.Root, spec.Shape{Keys: r.Keys})
	}
	return l, r
}

func TestReadFillsTheFields(t *testing.T) {
	l, r := read("name: desk\nlight: {colour: [cold, warm], fade: 2s}\ntags: x\nsteps: [on, on]\n")
	if len(r.Problems) > 0 || l.Name != "desk" || l.Colour != "cold" || l.Size != 3 || l.Fade != 2*time.Second || len(l.Tags) != 1 || len(l.Steps) != 2 {
		t.Errorf("%+v %v", l, r.Problems)
	}
	if all := r.Axes["light.colour"]; len(all) != 2 || all[1] != "warm" {
		t.Errorf("%v", all)
	}
}

func TestProblemsNameThePlaceAndTheFix(t *testing.T) {
	for text, want := range map[string]string{
		"light: {size: 2}":                        "f:1:1: name is missing; expected a line such as `name: desk`",
		"name: a\nlight: {sise: 2}":               `f:2:9: unknown key "sise" in light; expected one of colour, size, fade; did you mean "size"?`,
		"name: a\ncolor: cold":                    `f:2:1: unknown key "color"; expected one of name, light, tags, steps; did you mean "colour" in light, indented below it?`,
		"name: a\nlight: {colour: blue}":          `f:2:17: light.colour: found "blue"; expected one of warm, cold; did you mean "cold"?`,
		"name: a\nlight: {size: 10}":              `f:2:15: light.size: found "10"; expected an integer from 1 to 9`,
		"name: a\ntags: [x, x]":                   `f:2:11: tags: found "x" twice; expected each value once`,
		"label: desk":                             "f:1:1: label has been renamed; expected `name: desk`",
		"name: a\nlight: {fade: 5}":               "f:2:15: light.fade: found \"5\"; expected a duration such as 500ms, 10s or 2m, from 0s to 24h; did you mean 5s? (or 5ms: a number needs a unit)",
		"name: a\nname: b":                        `f:2:1: key "name" is a duplicate; expected it once (line 1 has it)`,
		"name: [a":                                `f:1:7: not YAML: unclosed "["; expected "]" after its values`,
		"name: ${A}":                              "f:1:7: variable A is not set; expected it in the environment, or a default: ${A:-…}",
		"name: a\nsteps: []":                      "f:2:8: steps: empty list; expected a step",
		"name: a\nlight: {colour: [], size: off}": "f:2:17: light.colour: empty list; expected a value, or no key for the default",
	} {
		_, r := read(text)
		if got := r.Problems.Sorted().Error(); !strings.HasPrefix(got, want) {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

// settings reads keys from flags, given as name and values.
func settings(t *testing.T, given map[string][]string) (*lamp, *spec.Reader, string) {
	t.Helper()
	l := new(lamp)
	r := spec.NewReader("")
	r.Keys = l.keys()
	root := spec.Under("name", spec.TextNode("desk"))
	for _, s := range spec.Flags(r.Keys) {
		if s.Values = given[s.Key.Flag.Name]; s.Values == nil {
			continue
		}
		n, err := s.Node(func(file string) string { return file })
		if err != nil {
			t.Fatal(err)
		}
		n = spec.Under(s.Path, n)
		r.Adopt(n, r.AddFlag(s))
		root = r.Merge(root, n)
	}
	r.Root = root
	text := string(spec.Write(root, r.Keys))
	r.Mapping("", root, spec.Shape{Keys: r.Keys})
	return l, r, text
}

func TestFlagsSetKeys(t *testing.T) {
	l, r, text := settings(t, map[string][]string{"colour": {"cold,warm"}, "size": {"7"}, "tag": {"a: b", "null"}, "step": {"on"}})
	if len(r.Problems) > 0 || l.Name != "desk" || l.Colour != "cold" || l.Size != 7 || len(l.Tags) != 2 || l.Tags[1] != "null" {
		t.Errorf("%+v %v", l, r.Problems)
	}
	want := "name: desk\nlight:\n  colour: [cold, warm]         # colour: warm or cold\n  size: 7                      # size from 1 to 9\ntags: [\"a: b\", \"null\"]         # add tag; repeatable\nsteps:\n  - on\n"
	if text != want {
		t.Errorf("got  %q\nwant %q", text, want)
	}
	again, r := read(text)
	if len(r.Problems) > 0 || again.Size != 7 || again.Tags[0] != "a: b" || again.Steps[0] != "on" {
		t.Errorf("%+v %v", again, r.Problems)
	}
}

func TestProblemsOfFlagsNameThem(t *testing.T) {
	_, r, _ := settings(t, map[string][]string{"colour": {"yelow"}, "size": {"x"}})
	want := "--colour: found \"yelow\"; expected one of warm, cold\n--size: found the text \"x\"; expected an integer from 1 to 9"
	if got := r.Problems.Sorted().Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := r.Name("light"); got != "--colour and --size" {
		t.Errorf("a section is named %s", got)
	}
}

func TestManualIsAFile(t *testing.T) {
	text := spec.Manual(new(lamp).keys())
	if _, r := read(text); len(r.Problems) > 0 || !strings.Contains(text, "#   fade: 1s                   # Its fading.\n") {
		t.Errorf("%v\n%s", r.Problems, text)
	}
}
