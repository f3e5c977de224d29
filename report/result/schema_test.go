package result

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestSchemaIsUpToDate(t *testing.T) {
	want := generateSchema(t)
	if *update {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("schema.json") // the embedded file predates -update
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(got), string(want)); d != "" {
		t.Errorf("schema.json is outdated; run with -update if intended (-file +types):\n%s", d)
	}
	if !*update && !bytes.Equal(got, Schema()) {
		t.Error("Schema differs from schema.json")
	}
}

func TestSchemaDescribesEveryType(t *testing.T) {
	var s struct {
		Description string
		Defs        map[string]struct{ Description string } `json:"$defs"`
	}
	if err := json.Unmarshal(generateSchema(t), &s); err != nil {
		t.Fatal(err)
	}
	if s.Description == "" || len(s.Defs) == 0 {
		t.Errorf("description %q, %d types", s.Description, len(s.Defs))
	}
	for name, d := range s.Defs {
		if d.Description == "" {
			t.Errorf("%s has no description", name)
		}
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(generateSchema(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent() // base64
	if err := c.AddResource("result.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("result.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchemaAcceptsWrittenResults(t *testing.T) {
	s := compiledSchema(t)
	failed := syntheticResult(t)
	failed.Cells[0].Repetitions[1] = &Repetition{Error: "no server", Validity: Validity{Discarded: true, Findings: []Finding{{Word: ServerFailed, Reason: "x"}}}}
	failed.Cells[0].Repetitions[0].Counters.Errors = map[string]uint64{"reset": 1}
	failed.Cells[0].Repetitions[0].Thresholds = []Outcome{{Text: "lost == 0", Holds: true}}
	failed.Cells = append(failed.Cells, &Cell{ID: "never ran"})
	for name, r := range map[string]*Result{
		"whole":   syntheticResult(t),
		"nothing": {Version: Version},
		"failed":  failed,
	} {
		dir := t.TempDir()
		if err := Write(dir, r); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(filepath.Join(dir, FileName))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		doc, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRejectsDamage(t *testing.T) {
	s := compiledSchema(t)
	b, err := json.Marshal(syntheticResult(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, old, new string
		good           bool
	}{
		{"not changed", "", "", true},
		{"field of a later rtbench", `"cores":2`, `"cores":2,"sockets":1`, true},
		{"older version", `"version":3`, `"version":1`, false},
		{"no version", `"version":3,`, ``, false},
		{"version as text", `"version":3`, `"version":"3"`, false},
		{"duration as text", `"elapsed_ns":7000000000`, `"elapsed_ns":"7s"`, false},
		{"duration in seconds", `"elapsed_ns":7000000000`, `"elapsed_ns":7.5`, false},
		{"not a time", `"started":"2026-`, `"started":"yesterday `, false},
		{"not a word", `"validity":{}`, `"validity":{"findings":[{"word":"bad","reason":"x"}]}`, false},
		{"count below 0", `"planned":4000`, `"planned":-1`, false},
		{"histogram as numbers", `"lag_ns":"`, `"lag_ns":[1,2],"x":"`, false},
		{"histogram not base64", `"lag_ns":"`, `"lag_ns":"*`, false},
		{"misspelt", `"protocol":`, `"protokoll":`, false},
		{"null cell", `"cells":[`, `"cells":[null,`, false},
		{"null repetition", `"repetitions":[`, `"repetitions":[null,`, false},
	} {
		damaged := strings.Replace(string(b), c.old, c.new, 1)
		if c.old != "" && damaged == string(b) {
			t.Errorf("%s: the result has no %s", c.name, c.old)
		}
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(damaged))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := s.Validate(doc); (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
