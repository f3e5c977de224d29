package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/golden"
	"rtbench/scenarios/spec"
)

func TestScenarioReferenceIsUpToDate(t *testing.T) {
	golden.Check(t, "../docs/scenario-reference.md", newReference().markdown(schema()))
}

// A reference is the table of keys as Markdown.
type reference struct {
	strings.Builder
	described map[string]string // path of the first mapping with the same keys
}

func newReference() *reference { return &reference{described: map[string]string{}} }

func (m *reference) markdown(keys []spec.Key) string {
	m.WriteString(`# Reference of the scenario language

` + "Generated from the table of keys from which rtbench reads scenarios. `rtbench scenario show`" + `
` + "prints the same as a scenario with comments, `rtbench scenario validate FILE` names all errors of one," + `
` + "and editors use the schema that `rtbench scenario schema` prints." + `

A key that is *an axis* takes a value or a list: the cells of the scenario are all combinations. Values
` + "may contain environment variables: `${NAME}`, or `${NAME:-default}`; `$$` is a dollar." + `

## Keys of a scenario

`)
	m.table("", keys)
	for _, k := range keys {
		if len(k.Value.Keys) > 0 {
			fmt.Fprintf(m, "\n## %s\n\n%s\n\n", k.Name, escaped(k.Doc))
			m.section(k.Name, k)
		}
	}
	return m.String()
}

// section writes the keys of the mapping at path, or refers to the section that has them.
func (m *reference) section(path string, k spec.Key) {
	keys := k.Value.Keys
	if first, known := m.described[signature(keys)]; known {
		fmt.Fprintf(m, "Keys: those of `%s`.\n", first)
		return
	}
	m.described[signature(keys)] = path
	if k.Value.Named {
		m.WriteString("A mapping of names; each has these keys:\n\n")
	}
	m.table(path+".", keys)
}

// table writes a row for each key, and those of its mapping below it. Keys that another section describes
// get none.
func (m *reference) table(prefix string, keys []spec.Key) {
	m.WriteString("| Key | Example | Meaning |\n|---|---|---|\n")
	m.rows(prefix, keys)
}

func (m *reference) rows(prefix string, keys []spec.Key) {
	for _, k := range keys {
		doc := escaped(k.Doc)
		below := k.Value.Keys
		first, known := m.described[signature(below)]
		switch {
		case len(below) == 0:
		case prefix == "":
			doc += fmt.Sprintf(" See [%s](#%s).", k.Name, k.Name)
			below = nil
		case known:
			doc += fmt.Sprintf(" Keys: those of `%s`.", first)
			below = nil
		}
		fmt.Fprintf(m, "| `%s%s` | %s | %s |\n", prefix, k.Name, example(k), doc)
		if len(below) > 0 {
			m.described[signature(below)] = prefix + k.Name
			m.rows(prefix+k.Name+".", below)
		}
	}
}

// example returns an example of a value, or the default.
func example(k spec.Key) string {
	text := strings.TrimPrefix(k.Example, "# ")
	if text == "" {
		text = k.Default
	}
	if text == "" {
		return ""
	}
	return "`" + escaped(text) + "`"
}

// escaped returns text for a cell of a table.
func escaped(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// signature tells mappings with different keys apart.
func signature(keys []spec.Key) string {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%s: %s\n", k.Name, k.Doc)
	}
	return b.String()
}
